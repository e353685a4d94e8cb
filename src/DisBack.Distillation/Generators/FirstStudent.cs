using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Diffusion.Randomness;
using DisBack.Diffusion.Schedules;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Distillation.Generators;

/// <summary>The student before it is trained, the same for both stages.</summary>
public static class FirstStudent
{
    /// <summary>Makes it; the caller disposes it.</summary>
    /// <param name="settings">A clone of the teacher, or a network, a decoder or a flow of its own with random weights.</param>
    /// <param name="seed">The seed of stage 1: that is recorded against this very network, so its weights are of that seed in both stages.</param>
    /// <param name="openTeacher">Makes a network with the teacher's weights, which the generator owns from then on.</param>
    /// <param name="device">Where it is needed.</param>
    /// <param name="precision">How exactly a network of its own computes; a clone does as the teacher does.</param>
    /// <param name="checkpointActivations">Whether the blocks of a network of its own are run again for their gradients.</param>
    /// <param name="weights">A file of the weights that a denoiser begins with in place of the teacher's or of random ones; null is none.</param>
    /// <exception cref="DisBackException">The weights are not those of the student, or the network has no such time step.</exception>
    public static IGenerator Open(
        StudentSettings settings,
        long seed,
        Func<Denoiser> openTeacher,
        Device device,
        Precision precision = Precision.Fp32,
        bool checkpointActivations = false,
        string? weights = null)
    {
        if (settings.Decoder is not null || settings.Flow is not null)
        {
            using var teacher = openTeacher();
            using var init = Streams();
            return WithoutDenoiser(teacher.Settings, init);
        }
        var network = settings.Network is { } own ? New(own) : openTeacher();
        if (weights is not null)
        {
            Begin(network, weights);
        }
        return settings.Timesteps is { } steps ? OfTimesteps(network, steps) : new(network, settings.SigmaInit, settings.RenoiseSigmas);

        Denoiser New(NetworkSettings network)
        {
            using var init = Streams();
            var made = Denoiser.Create(network, init).to(device);
            (made.Precision, made.CheckpointActivations) = (precision, checkpointActivations);
            return made;
        }

        static void Begin(Denoiser network, string weights)
        {
            try
            {
                using var file = SafetensorsFile.Open(weights);
                NetworkFile.Load(file, network);
            }
            catch (DisBackException misfit)
            {
                network.Dispose();
                throw new DisBackException($"The weights that the student is to begin with do not fit its network: {misfit.Message}", misfit);
            }
        }

        static DenoiserGenerator OfTimesteps(Denoiser network, IReadOnlyList<int> steps)
        {
            if (network.Schedule is not DiscreteVpSchedule table || steps[0] >= table.Steps)
            {
                network.Dispose();
                throw new DisBackException($"student.timesteps names time step {steps[0]}, which the network's table of noise levels does not have: name "
                    + "others, or give sigma_init where the network has no table.");
            }
            return new(network, table.SigmaAt(steps[0]), [.. steps.Skip(1).Select(table.SigmaAt)], unitInput: true);
        }

        IGenerator WithoutDenoiser(NetworkSettings teacher, Generator init) => settings.Decoder is { } decoder
            ? new DecoderGenerator(new LatentDecoder(decoder, teacher.Shape, teacher.Classes, init).to(device))
            : new FlowGenerator(new FlowDiscriminator(settings.Flow!, teacher.Shape, teacher.Classes, init).to(device));

        Generator Streams() => new RandomStreams(seed).For("student/weights");
    }
}
