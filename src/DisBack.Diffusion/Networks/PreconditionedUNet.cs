using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Schedules;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Networks;

/// <summary>
/// A U-Net of EDM under one of its preconditionings: <c>D = c_skip x + c_out F(c_in x; c_noise)</c> (Karras et al. 2022, Eq. 7 and Table 1).
/// </summary>
/// <remarks>The names of its parameters and buffers are those of EDM's <c>ema.state_dict()</c>.</remarks>
internal sealed class PreconditionedUNet : Denoiser
{
    private readonly UNet model;
    private readonly int channels;
    private readonly int label_dim;

    public PreconditionedUNet(UNetSettings settings, Func<int, DropoutMasks, UNet> build)
        : base(settings, ScheduleOf(settings))
    {
        (channels, label_dim) = (settings.ImgChannels, settings.LabelDim);
        Prediction = settings.Precond switch
        {
            Preconditioning.Edm => Prediction.Edm(settings.SigmaData),
            Preconditioning.Ve => Prediction.ScaledScore,
            _ => Prediction.Epsilon,
        };
        // The second half of iDDPM's output, once a variance, is ignored.
        model = build(settings.Precond == Preconditioning.Iddpm ? 2 * channels : channels, Masks);
        register_module(nameof(model), model);
        // The table is part of the files of iDDPM networks.
        if (Schedule is DiscreteVpSchedule table)
        {
            register_buffer("u", table.Sigmas.clone().DetachFromDisposeScope());
        }
    }

    public override Prediction Prediction { get; }

    private protected override Tensor Estimate(NoisyBatch batch)
    {
        using var scope = NewDisposeScope();
        var (x, sigma) = Float(batch);
        var (c_skip, c_out) = Prediction.At(sigma);
        var f = Ask(model.forward, batch);
        if (f.size(1) != channels)
        {
            f = f.narrow(1, 0, channels);
        }
        return addcmul(c_skip is null ? x : c_skip * x, c_out, f, 1).MoveToOuterDisposeScope();
    }

    private protected override Tensor Encode(NoisyBatch batch)
    {
        using var scope = NewDisposeScope();
        return Ask(model.Encode, batch).MoveToOuterDisposeScope();
    }

    /// <summary>The raw network, or a part of it, on the scaled samples.</summary>
    private Tensor Ask(Func<Tensor, Tensor, Tensor?, Tensor?, Tensor> part, NoisyBatch batch)
    {
        var (x, sigma) = Float(batch);
        var c_in = Schedule.InputScale(sigma);
        return part(
            (c_in is null ? x : c_in * x).RoundedTo(BlockType),
            Schedule.Time(sigma).flatten(),
            Condition.ClassRows(batch.Condition, label_dim, 1, x.device),
            batch.AugmentLabels?.to(ScalarType.Float32)).to(ScalarType.Float32);
    }

    private static (Tensor X, Tensor Sigma) Float(NoisyBatch batch) =>
        (batch.X.to(ScalarType.Float32), batch.Sigma.to(ScalarType.Float32).reshape(-1, 1, 1, 1));

    private static NoiseSchedule ScheduleOf(UNetSettings settings) => settings.Precond switch
    {
        Preconditioning.Edm => new EdmSchedule(settings.SigmaData, settings.SigmaMin ?? 0, settings.SigmaMax ?? double.PositiveInfinity),
        Preconditioning.Vp => new VpSchedule(settings.BetaD, settings.BetaMin, settings.EpsilonT, settings.TimeSteps),
        Preconditioning.Ve => new VeSchedule(settings.SigmaMin ?? 0.02, settings.SigmaMax ?? 100),
        Preconditioning.Iddpm => new DiscreteVpSchedule(
            tensor(DiscreteVpSchedule.Iddpm(settings.TimeSteps, settings.C1, settings.C2)).DetachFromDisposeScope(), ascending: false, settings.TimeSteps),
        _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Precond, "There is no such preconditioning."),
    };
}
