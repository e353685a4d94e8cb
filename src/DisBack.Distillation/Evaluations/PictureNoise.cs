using DisBack.Diffusion.Conditions;
using DisBack.Diffusion.Networks;
using DisBack.Distillation.Generators;
using DisBack.Distillation.Runs;
using static TorchSharp.torch;

namespace DisBack.Distillation.Evaluations;

/// <summary>
/// The noise and the conditions that pictures are drawn from, in streams of their own, which no training draws from: the same for the student at any step and,
/// where the student's latents have the shape of a sample, for its teacher and every node.
/// </summary>
internal sealed class PictureNoise
{
    private const string Purpose = "pictures";

    private readonly SampleInputs _teacher;
    private readonly bool _isStepwise;

    /// <param name="inputs">Those of the stage.</param>
    /// <param name="student">The student.</param>
    /// <param name="teacher">The teacher, or a node of its trajectory.</param>
    public PictureNoise(StageInputs inputs, IGenerator student, Denoiser teacher)
    {
        var (conditions, shape) = (inputs.ConditionsFor(teacher), teacher.Settings.Shape);
        _isStepwise = student.Steps > 1;
        Student = InputsOf(student.LatentShape);
        _teacher = InputsOf([shape.Channels, shape.Height, shape.Width]);

        SampleInputs InputsOf(IReadOnlyList<long> latentShape) => new(latentShape, conditions, inputs.Streams, Purpose, inputs.Device);
    }

    /// <summary>What the student's pictures are made from.</summary>
    public SampleInputs Student { get; }

    /// <summary>What pictures of a network that draws in many steps are made from; beside a student of several steps, the noise of its first one.</summary>
    public (Tensor Latents, Condition? Condition) OfTeacher(long count)
    {
        if (!_isStepwise)
        {
            return _teacher.Take(0, count);
        }
        var (latents, condition) = Student.Take(0, count);
        return (latents.select(1, 0), condition);
    }
}
