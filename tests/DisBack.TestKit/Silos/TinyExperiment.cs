using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Distillation;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Recording;
using DisBack.Specs.Training;
using DisBack.Storage.Content;
using TorchSharp;

namespace DisBack.TestKit.Silos;

/// <summary>
/// The real method on a network so small that a fault test sees many steps: a teacher of fresh weights, its degradation and a student. What it
/// learns means nothing, but every bit of it is determined by its seed.
/// </summary>
public static class TinyExperiment
{
    private static readonly SongUnetSettings s_network = new()
    {
        ImgResolution = 8, ImgChannels = 1, ModelChannels = 8, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [], Dropout = 0,
    };

    /// <summary>Puts the teacher into a store; always the same bytes.</summary>
    public static async Task<ContentRef> PutTeacherAsync(ContentStore contents)
    {
        using var scope = torch.NewDisposeScope();
        using var init = new torch.Generator(7);
        using var teacher = Denoiser.Create(s_network, init);
        using var file = new MemoryStream();
        SafetensorsFile.Write(file, NetworkFile.TensorsOf(teacher), NetworkMetadata.Of(s_network));
        return await contents.PutAsync(BinaryData.FromBytes(file.ToArray()));
    }

    /// <summary>An experiment: <paramref name="recording"/> steps of stage 1 and <paramref name="backtracking"/> of stage 2, about 20 ms each.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="teacher">The teacher that <see cref="PutTeacherAsync"/> put.</param>
    /// <param name="seed">Seed; decides the student, which the name does not.</param>
    /// <param name="recording">Steps of stage 1.</param>
    /// <param name="backtracking">Steps of stage 2.</param>
    public static ExperimentSpec Spec(string name, ContentRef teacher, long seed = 0, int recording = 30, int backtracking = 90) => new()
    {
        Name = name,
        Seed = seed,
        Teacher = teacher.Digest,
        Recording = new RecordingSettings { Steps = recording, Batch = Batch, Nodes = new EveryInterval { Interval = Math.Max(recording / 4, 1) } },
        Backtracking = new DmdSettings
        {
            Steps = backtracking,
            Batch = Batch,
            Switching = new FixedInterval { Interval = Math.Max(backtracking / 6, 1) },
            CollapseThreshold = 0,
        },
        Checkpoints = new CheckpointSettings { Every = 10, Keep = 3 },
        Evaluation = new EvaluationSettings
        {
            Every = 0,
            Samples = 16,
            FinalSamples = 16,
            Reference = new DatasetSettings { Source = DatasetSource.Digits, Resolution = 8 },
        },
        Hardware = new HardwareSettings { Threads = 1 },
    };

    private const int Batch = 32;
}
