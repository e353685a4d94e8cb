using DisBack.Diffusion.Files;
using DisBack.Diffusion.Parameters;
using DisBack.Distillation.Optimization;

namespace DisBack.Distillation.Generators;

/// <summary>The averaged student that a checkpoint of stage 2 holds: what the run would export if it ended there.</summary>
public static class CheckpointedStudent
{
    /// <summary>Opens it; the caller disposes it. Of the checkpoint only the average is read.</summary>
    /// <param name="checkpoint">The checkpoint's file.</param>
    /// <param name="openStudent">Makes the untrained student of that run, as <see cref="FirstStudent"/> does; called twice.</param>
    /// <exception cref="DisBackException">It is no checkpoint of stage 2, or one of another network.</exception>
    public static IGenerator Open(string checkpoint, Func<IGenerator> openStudent)
    {
        using var file = SafetensorsFile.Open(checkpoint);
        using var untrained = openStudent();
        using var parameters = ParameterGroups.Attach(untrained.Network, trained: true);
        using var average = new MovingAverage(parameters);
        foreach (var (name, value) in TrainedNetwork.Named(TrainedGenerator.AverageName, average.Weights))
        {
            file.ReadInto(name, value);
        }

        var student = openStudent();
        average.CopyTo(student.Network);
        return student;
    }
}
