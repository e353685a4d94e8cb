using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Distillation;
using DisBack.Distillation.Backtracking;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;
using TorchSharp;

namespace DisBack.Orchestration.Training;

/// <summary>
/// The networks of an experiment: copies of the teacher with weights of their own or, where the spec has adapters, adapters on one frozen teacher that all runs
/// of this process on the device share.
/// </summary>
/// <param name="spec">The experiment.</param>
/// <param name="teacher">The teacher's file.</param>
/// <param name="inputs">Where files come from, and where to compute.</param>
/// <param name="frozen">The frozen networks of this process.</param>
internal sealed class StageNetworks(ExperimentSpec spec, ContentRef teacher, ITrainingInputs inputs, FrozenNetworks frozen)
{
    /// <summary>How exactly the networks compute that are trained.</summary>
    public Precision Precision { get; } = spec.Hardware.Precision ?? Precision.Fp32;

    /// <summary>What the teacher's file says of its network.</summary>
    public NetworkSettings Settings
    {
        get
        {
            using var weights = inputs.Fetch(teacher);
            using var file = SafetensorsFile.Open(weights.Path);
            return NetworkMetadata.Read(file.Metadata, file.Path);
        }
    }

    /// <summary>A network that says what the teacher says, to be trained or not; the caller disposes it.</summary>
    public Denoiser OpenTeacher()
    {
        if (spec.Adapters is not { } adapters)
        {
            return Open(Precision);
        }
        var whole = BorrowTeacher(Precision);
        try
        {
            // The same in both stages: a node is loaded over what the student began with.
            using var init = new RandomStreams(spec.Recording.Seed ?? spec.Seed).For("adapters");
            return Checkpointed(whole.Network.WithAdapters(adapters, init, held: whole));
        }
        catch
        {
            whole.Dispose();
            throw;
        }
    }

    /// <summary>The network of a node's file; the caller disposes it.</summary>
    public Denoiser OpenNode(SafetensorsFile file, Precision precision)
    {
        if (spec.Adapters is null || NetworkMetadata.Read(file.Metadata, file.Path) is not TextUnetSettings { Adapter: not null })
        {
            // Node 0 is the teacher itself among adapters, too.
            return Placed(NetworkFile.Read(file), precision);
        }
        var whole = BorrowTeacher(precision);
        try
        {
            return Checkpointed(NetworkFile.ReadAdapters(file, whole.Network, held: whole));
        }
        catch
        {
            whole.Dispose();
            throw;
        }
    }

    private BorrowedNetwork BorrowTeacher(Precision precision) => frozen.Borrow(teacher, inputs.Device, precision, () => Open(precision));

    private Denoiser Open(Precision precision)
    {
        using var weights = inputs.Fetch(teacher);
        return Placed(NetworkFile.Open(weights.Path), precision);
    }

    private Denoiser Placed(Denoiser network, Precision precision)
    {
        var placed = network.to(inputs.Device);
        placed.Precision = precision;
        return Checkpointed(placed);
    }

    private Denoiser Checkpointed(Denoiser network)
    {
        network.CheckpointActivations = spec.Hardware.CheckpointActivations;
        return network;
    }
}
