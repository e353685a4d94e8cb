using System.Globalization;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Networks;

namespace DisBack.Specs.Experiments;

/// <summary>
/// What a run takes of the memory of the machine that trains it, estimated from the shapes of its networks before anything is allocated. Measured peaks
/// of training lay between 6 % under and 21 % over it; what an evaluation adds is not counted, nor the gradients of each thread's part of a batch, at most
/// 16 MiB each, nor what a host has beside a fake score.
/// </summary>
/// <param name="Networks">Bytes of weights, gradients, moments, averages and the copies that a checkpoint is written from.</param>
/// <param name="Sample">Bytes for each sample of a batch.</param>
/// <param name="Batch">Samples of a batch.</param>
/// <param name="BatchKey">The key of the batch in the spec.</param>
/// <param name="Other">Bytes that no setting of the batch changes: images and libraries.</param>
public sealed record MemoryNeed(long Networks, long Sample, int Batch, string BatchKey, long Other)
{
    private const int Float = sizeof(float);

    /// <summary>What a process takes before it trains: the runtime and libtorch.</summary>
    private const long Process = 300L << 20;

    /// <summary>Parts of a batch, of which one is computed at a time.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>Bytes in all; settings may ask for more than can be counted.</summary>
    public long Bytes => Networks + Other + Batches;

    private long Batches => (long)Math.Min((double)Sample * (Batch / Parts), long.MaxValue / 2);

    /// <summary>
    /// The training of a teacher: weights, gradients, two moments and the average, of which a checkpoint copies four. An evaluation has a network of its own.
    /// </summary>
    public static MemoryNeed Of(TeacherSpec spec, DatasetFacts data)
    {
        var size = spec.Network.Size;
        var images = data.Count * data.Channels * data.Resolution * data.Resolution;
        var copies = spec.Evaluation is null ? 9 : 10;
        return new(copies * Float * size.Parameters, Float * size.Activations, spec.Training.Batch, "training.batch", Process + images)
        {
            Parts = spec.Training.Accumulate ?? 1,
        };
    }

    /// <summary>
    /// An experiment at its largest, which is stage 2: the student as a teacher in training, the fake score without an average, the target, and the student
    /// and the teacher of the evaluation; the passes through the student and the fake score are kept at the same time. In stage 1 less of all.
    /// </summary>
    public static MemoryNeed Of(ExperimentSpec spec, NetworkSettings teacher)
    {
        var (student, score) = (spec.Student.SizeFor(teacher), teacher.Size);
        // One that moves from a node to the next is a third network.
        var targets = spec.Backtracking.Switching is Interpolated ? 3 : spec.Backtracking.Switching.ComparisonInterval is not null ? 2 : 1;
        if (spec.Backtracking is Dmd2Settings { HasDiscriminator: true, GanFeatures: GanFeatures.Teacher })
        {
            // Frozen as a target is.
            targets++;
        }
        return new(
            Float * ((9 + 1) * student.Parameters + (4 + 3 + targets + 1) * score.Parameters),
            Float * (student.Activations + score.Activations),
            spec.Backtracking.Batch,
            "backtracking.batch",
            Process);
    }

    /// <summary>Refuses a run that cannot fit.</summary>
    /// <param name="available">Bytes that the machine or its container has.</param>
    /// <exception cref="DoesNotFitException">It cannot; the message says what would.</exception>
    public void Require(long available)
    {
        if (Bytes <= available)
        {
            return;
        }
        var fits = (available - Networks - Other) / Sample;
        throw new DoesNotFitException(BatchKey, $"the run needs about {Gibibytes(Bytes)} of memory, {Gibibytes(Networks)} of them for its networks and "
            + $"{Gibibytes(Batches)} for a batch of {Batch}{(Parts > 1 ? $" in {Parts} parts" : "")}, but this machine has {Gibibytes(available)}; " + (fits > 0
                ? $"a batch of {fits * Parts} would fit, or a smaller network"
                : "even a batch of 1 would not fit: choose a smaller network, with fewer model_channels or a shorter channel_mult"));
    }

    private static string Gibibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.0} GiB");
}
