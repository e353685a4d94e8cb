using System.Diagnostics;
using DisBack.Contracts.Grains;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Networks;
using DisBack.Distillation;
using DisBack.Distillation.Runs;
using DisBack.Specs.Backtracking;
using DisBack.Specs.Evaluations;
using DisBack.Specs.Experiments;
using DisBack.Specs.Networks;
using DisBack.Specs.Reading;
using DisBack.Specs.Training;
using DisBack.Storage.Blobs;
using DisBack.Storage.Cache;
using DisBack.Storage.Content;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Training;

/// <summary>
/// Two steps of a miniature run and its resumption from a checkpoint, kept nowhere: afterwards libtorch is loaded, the device is open and the code that
/// trains is compiled, so that the first attempt on this worker, which may be what another worker's death waits for, goes on in a tenth of the time.
/// </summary>
/// <remarks>
/// A worker reports no device before it is over: the number of threads is a setting of the whole process, and decides the last bits of a run beside it.
/// </remarks>
public sealed class TrainingWarmUp : IAsyncDisposable
{
    private static readonly SongUnetSettings s_network = new()
    {
        ImgResolution = 8, ImgChannels = 1, ModelChannels = 8, ChannelMult = [1, 2], NumBlocks = 1, AttnResolutions = [4], Dropout = 0,
    };

    private static readonly ExperimentSpec s_spec = new()
    {
        Name = "warm-up",
        Teacher = "warm-up",
        Backtracking = new DmdSettings { Steps = 4, Batch = 2, CollapseThreshold = 0 },
        Evaluation = new EvaluationSettings { Features = EvaluationSettings.NoFeatures },
        Hardware = new HardwareSettings { Threads = 1 },
    };

    private readonly TaskCompletionSource<TimeSpan> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopped;

    private TrainingWarmUp()
    {
    }

    /// <summary>Completes when it is over, with the time that it took; faults where this machine cannot train.</summary>
    public Task<TimeSpan> Done => _done.Task;

    /// <summary>Starts it on a thread of its own.</summary>
    /// <param name="device">The worker's device.</param>
    public static TrainingWarmUp Start(Accelerator device)
    {
        var warmUp = new TrainingWarmUp();
        // Dispose scopes and grad mode belong to threads.
        new Thread(() => warmUp.Main(device)) { IsBackground = true, Name = "disback warm-up" }.Start();
        return warmUp;
    }

    /// <summary>Ends it after the step it is at, and waits: a process that ends in the middle of libtorch's work crashes.</summary>
    public async ValueTask DisposeAsync()
    {
        _isStopped = true;
        await ((Task)Done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Main(Accelerator device)
    {
        try
        {
            var started = Stopwatch.GetTimestamp();
            Train(TrainingRuntime.TorchDevice(device));
            _done.SetResult(Stopwatch.GetElapsedTime(started));
        }
        catch (Exception e)
        {
            _done.SetException(e);
        }
    }

    private void ThrowIfStopped()
    {
        if (_isStopped)
        {
            throw new OperationCanceledException("The process ends.");
        }
    }

#pragma warning disable RS0030 // On a thread of its own, which has nothing else to do.
    private void Train(Device device)
    {
        var folder = Directory.CreateTempSubdirectory("disback-warm-up-").FullName;
        try
        {
            var contents = new ContentStore(new FolderBlobStore(folder));
            var cache = new WeightCacheOptions { Folder = Path.Combine(folder, "cache") };
            using var weights = new WeightCache(contents, Options.Create(cache), NullLogger<WeightCache>.Instance);
            using var scope = NewDisposeScope();
            var path = Path.Combine(folder, "teacher");
            using (var init = new torch.Generator(0))
            using (var teacher = Denoiser.Create(s_network, init))
            using (var file = File.Create(path))
            {
                SafetensorsFile.Write(file, NetworkFile.TensorsOf(teacher), NetworkMetadata.Of(s_network));
            }
            var content = contents.PutAsync(path).GetAwaiter().GetResult();
            var assignment = new TrainingAssignment
            {
                Run = new RunAttempt(RunKind.Backtracking, s_spec.Name, 1), Spec = SpecJson.Canonical(s_spec), Teacher = content, Nodes = [new(0, 0, content)],
            };
            var (factory, inputs, listener) = (new SpecTrainingFactory(), new Inputs(weights, device), new Nobody());
            var checkpoint = Path.Combine(folder, "checkpoint");
            ThrowIfStopped();
            using (var run = factory.Create(assignment, inputs))
            {
                ThrowIfStopped();
                run.Advance(listener);
                ThrowIfStopped();
                run.Advance(listener);
                ThrowIfStopped();
                listener.Measured(run.ReadMeasurements());
                using var staging = new StagingBuffers();
                using var file = new HashingFileStream(checkpoint);
                var state = run.Capture();
                var staged = staging.Copy(state.Tensors, CancellationToken.None);
                staged.Wait();
                SafetensorsFile.Write(file, staged.Copies, new Dictionary<string, string>
                {
                    [RunState.ProgressKey] = state.Progress,
                });
                _ = file.Commit();
            }
            using (var run = factory.Create(assignment, inputs))
            using (var file = SafetensorsFile.Open(checkpoint))
            {
                run.Restore(RunState.Read(file));
                run.Advance(listener);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Inputs(WeightCache weights, Device device) : ITrainingInputs
    {
        public Device Device => device;

        public WeightLease Fetch(ContentRef content) => weights.GetAsync(content).GetAwaiter().GetResult();

        public WeightLease Fetch(string digest) => throw new NotSupportedException("The miniature names no content.");

        public void Prefetch(ContentRef content)
        {
            // It is there.
        }
    }
#pragma warning restore RS0030

    /// <summary>Nobody is told of the miniature.</summary>
    private sealed class Nobody : ITrainingListener
    {
        public void Measured(IReadOnlyList<Measurement> measurements)
        {
        }

        public void Reached(Milestone milestone)
        {
        }

        public void ArtifactMade(string name, Action<Stream> write)
        {
        }

        public Action CheckpointDue(long step, RunState state) => () => { };
    }
}
