using System.Globalization;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Data;
using DisBack.Specs.Networks;
using DisBack.Specs.Training;

namespace DisBack.Specs.Experiments;

/// <summary>
/// What a run takes of the memory of the machine that trains it, estimated from the shapes of its networks before anything is allocated. Measured peaks of
/// training EDM's networks lay between 6 % under and 21 % over it, those of SDXL's miniature within 7 %; what an evaluation adds is not counted, nor the
/// gradients of each thread's part of a batch, at most 16 MiB each, nor what a host has beside a fake score, but for DMD2's discriminator on SDXL's
/// denoiser.
/// </summary>
/// <param name="Networks">Bytes of weights, gradients, moments, averages, copies for a checkpoint, and weights as they are rounded for a pass.</param>
/// <param name="Sample">Bytes for each sample of a batch, with the text that it is to show.</param>
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

    /// <summary>What would make it smaller beside a smaller batch, in the order in which it is said.</summary>
    public IReadOnlyList<string> Remedies { get; init; } = [];

    /// <summary>
    /// The training of a teacher: weights, gradients, two moments and the average, of which a checkpoint copies four. An evaluation has a network of its own.
    /// </summary>
    public static MemoryNeed Of(TeacherSpec spec, DatasetFacts data)
    {
        var size = spec.Network.Size;
        var images = data.Count * data.Channels * data.Resolution * data.Resolution;
        var bytes = Trained(spec.Training.Optimizer, isAveraged: true) + (spec.Evaluation is null ? 0 : Float);
        var pass = new Passes(spec.Network, spec.Hardware);
        return new(bytes * size.Parameters + pass.Weights, pass.Whole, spec.Training.Batch, "training.batch", Process + images)
        {
            Parts = spec.Training.Accumulate ?? 1,
            Remedies = RemediesOf(
                spec.Network, spec.Hardware, [spec.Training.Optimizer], Accumulation("training", spec.Training.Batch, spec.Training.Accumulate)),
        };
    }

    /// <summary>
    /// An experiment at its largest, which is stage 2: the student as a teacher in training, the fake score without an average, the target, and the student
    /// and the teacher of the evaluation; the passes through the student and the fake score are kept at the same time, but for DMD2, which makes one after the
    /// other. In stage 1 less of all.
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
        var fake = (spec.Backtracking as ScoreMatchingSettings)?.Fake ?? spec.Backtracking.Generator;
        var (ofStudent, ofScore) = (new Passes(spec.Student.Network ?? teacher, spec.Hardware, student), new Passes(teacher, spec.Hardware));
        var precision = spec.Backtracking.TargetPrecision ?? spec.Hardware.Precision;
        long? adapters = spec.Adapters is { } low && teacher is TextUnetSettings adapted ? adapted.AdapterParameters(low.Rank) : null;
        var networks = adapters is { } parameters
            ? OfAdapters(spec, (TextUnetSettings)teacher, parameters, targets)
            : (Trained(spec.Backtracking.Generator, isAveraged: true) + Float) * student.Parameters
                + (Trained(fake, isAveraged: false) + Float + (targets * FrozenBytes(teacher, precision))) * score.Parameters;
        var (sample, weights) = spec.Backtracking is Dmd2Settings dmd2 && teacher is TextUnetSettings
            ? OfDmd2(dmd2, ofStudent, ofScore)
            : (ofStudent.Whole + ofScore.Whole, ofStudent.Weights + ofScore.Weights);
        var workers = spec.Hardware.Workers ?? 1;
        // A worker keeps the sums of gradients that it makes for the others.
        var sums = workers > 1 ? Float * (adapters ?? Math.Max(student.Parameters, score.Parameters)) / workers : 0;
        // Weights that nobody trains are rounded once.
        networks += sums + (spec.Adapters is null ? weights : 0);
        return new(networks, sample + TextsOf(spec, teacher), spec.Backtracking.Batch, "backtracking.batch", Process)
        {
            Parts = (spec.Backtracking.Accumulate ?? 1) * workers,
            Remedies = RemediesOf(
                teacher,
                spec.Hardware,
                [spec.Backtracking.Generator, fake],
                spec.Backtracking.CanAccumulate ? Accumulation("backtracking", spec.Backtracking.Batch, spec.Backtracking.Accumulate) : null),
        };
    }

    /// <summary>
    /// The embeddings of a sample's prompt and, with real latents, of their caption: those of a batch alone are in memory, for files of them are read by row.
    /// </summary>
    private static long TextsOf(ExperimentSpec spec, NetworkSettings teacher) => teacher.Embeddings is { } text
        ? (spec.Data is null ? 1 : 2) * Float * ((TextUnetSize.Tokens * (long)text.Width) + text.PooledWidth)
        : 0;

    /// <summary>
    /// The teacher's weights once, or twice where the target computes otherwise, and adapters as the networks that they are: trained ones, targets, and those
    /// of the evaluation.
    /// </summary>
    private static long OfAdapters(ExperimentSpec spec, TextUnetSettings teacher, long parameters, int targets)
    {
        var fake = (spec.Backtracking as ScoreMatchingSettings)?.Fake ?? spec.Backtracking.Generator;
        var whole = FrozenBytes(teacher, spec.Hardware.Precision)
            + (spec.Backtracking.TargetPrecision is { } other && other != (spec.Hardware.Precision ?? Precision.Fp32) ? FrozenBytes(teacher, other) : 0);
        var adapted = Trained(spec.Backtracking.Generator, isAveraged: true) + Trained(fake, isAveraged: false) + ((2 + targets) * Float);
        return (whole * teacher.Size.Parameters) + (adapted * parameters);
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
        var remedies = Remedies.Count == 0 ? "" : $"; less is needed with {string.Join(", or ", Remedies)}";
        throw new DoesNotFitException(BatchKey, $"the run needs about {Gibibytes(Bytes)} of memory, {Gibibytes(Networks)} of them for its networks and "
            + $"{Gibibytes(Batches)} for a batch of {Batch}{(Parts > 1 ? $" in {Parts} parts" : "")}, but this machine has {Gibibytes(available)}; " + (fits > 0
                ? $"a batch of {fits * Parts} would fit, or a smaller network"
                : "even a batch of 1 would not fit: choose a smaller network, or a machine with more memory") + remedies);
    }

    /// <summary>Bytes of a trained weight: itself, its gradient, its moments, perhaps its average, and what a checkpoint copies of these.</summary>
    private static int Trained(OptimizerSettings optimizer, bool isAveraged)
    {
        var moments = 2 * optimizer.Moments switch
        {
            MomentType.Int8 => sizeof(byte),
            MomentType.Bfloat16 => sizeof(ushort),
            _ => Float,
        };
        return Float + (2 * (Float + moments + (isAveraged ? Float : 0)));
    }

    /// <summary>Bytes of a frozen weight: the networks of EDM round those of their convolutions alone.</summary>
    private static int FrozenBytes(NetworkSettings network, Precision? precision) =>
        network is TextUnetSettings && precision is Precision.Bf16 ? sizeof(ushort) : Float;

    /// <summary>
    /// DMD2 passes through the student, with the discriminator's features of what it made, and then through the fake score, with its features of generated and
    /// of real samples and, for approximate R1, of real ones once more.
    /// </summary>
    private static (long Sample, long Weights) OfDmd2(Dmd2Settings host, Passes student, Passes score)
    {
        var features = host.GanR1Weight > 0 ? 3 : 2;
        var (ofGenerator, ofCritic) = host.HasDiscriminator
            ? (student.Whole + score.Encoder, score.Whole + (features * score.Encoder))
            : (student.Whole, score.Whole);
        var (weightsOfGenerator, weightsOfCritic) = host.HasDiscriminator
            ? (student.Weights + score.Weights, (1 + features) * score.Weights)
            : (student.Weights, score.Weights);
        return (Math.Max(ofGenerator, ofCritic), Math.Max(weightsOfGenerator, weightsOfCritic));
    }

    private static string? Accumulation(string stage, int batch, int? parts) => parts switch
    {
        null => $"{stage}.accumulate, which computes a batch in parts",
        { } now when now < batch => string.Create(CultureInfo.InvariantCulture, $"a {stage}.accumulate above {now}, which computes a batch in more parts"),
        _ => null,
    };

    private static List<string> RemediesOf(
        NetworkSettings network, HardwareSettings hardware, IReadOnlyList<OptimizerSettings> optimizers, string? accumulate)
    {
        List<string> remedies = [];
        if (accumulate is not null)
        {
            remedies.Add(accumulate);
        }
        if (network is TextUnetSettings && !hardware.CheckpointActivations)
        {
            remedies.Add("hardware.checkpoint_activations");
        }
        // A CPU without instructions for bfloat16 takes longer with it than with float32.
        if (network is TextUnetSettings && hardware is { Precision: not Precision.Bf16, Device: not "cpu" })
        {
            remedies.Add("hardware.precision bf16");
        }
        if (optimizers.Any(optimizer => optimizer.Moments != MomentType.Int8))
        {
            remedies.Add("optimizers with moments int8");
        }
        return remedies;
    }

    private static string Gibibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.0} GiB");

    /// <summary>Bytes that passes through a network leave for its gradients.</summary>
    private readonly struct Passes
    {
        public Passes(NetworkSettings network, HardwareSettings hardware)
            : this(network, hardware, network.Size)
        {
        }

        public Passes(NetworkSettings network, HardwareSettings hardware, NetworkSize size)
        {
            // What the networks of EDM embed and normalise is float32 with each precision.
            var number = network is TextUnetSettings && hardware.Precision is Precision.Bf16 ? sizeof(ushort) : Float;
            var isCheckpointed = hardware.CheckpointActivations && size.Checkpointed > 0;
            Whole = number * (isCheckpointed ? size.Checkpointed : size.Activations);
            Encoder = number * (isCheckpointed ? size.Encoder.Checkpointed : size.Encoder.Activations);
            Weights = number == Float || isCheckpointed ? 0 : number * size.Parameters;
        }

        /// <summary>For each sample, of a pass through all of it.</summary>
        public long Whole { get; }

        /// <summary>For each sample, of a pass to its coarsest features.</summary>
        public long Encoder { get; }

        /// <summary>The weights as they were rounded for a pass, however many samples.</summary>
        public long Weights { get; }
    }
}
