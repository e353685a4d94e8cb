using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Training;
using DisBack.Storage.Cache;
using DisBack.Telemetry;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Drawing;

/// <summary>
/// The models of pictures that this worker has in memory. One is lent to one drawing at a time and stays for the next: for a while, and only as long as
/// nothing else takes a slot of its device.
/// </summary>
internal sealed class LoadedModels : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ModelKey, LoadedModel> _models = [];
    private readonly WeightCache _weights;
    private readonly TrainingOptions _options;
    private readonly TimeProvider _time;

    public LoadedModels(WeightCache weights, DeviceSlots slots, IOptions<TrainingOptions> options, TimeProvider time)
    {
        (_weights, _options, _time) = (weights, options.Value, time);
        // A killed process leaves its links behind.
        if (Directory.Exists(_options.ModelsFolder))
        {
            Directory.Delete(_options.ModelsFolder, recursive: true);
        }
        slots.Taken += slot =>
        {
            if (slot.Run.Kind != RunKind.Drawing)
            {
                ReleaseIdle(key => key.Device == slot.Device);
            }
        };
    }

    /// <summary>Digests of the models in memory, by which requests for a slot prefer this worker, see <see cref="SlotRequest.Prefers"/>.</summary>
    public IReadOnlyList<string> Digests
    {
        get
        {
            lock (_gate)
            {
                return [.. _models.Keys.Select(key => key.Digest).Distinct()];
            }
        }
    }

    /// <summary>Waits for a model's turn and for its files; others that are idle on its device go first.</summary>
    /// <param name="manifest">Its files.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="precision">fp32, fp16 or bf16.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="DisBackException">A content is missing or damaged, or the files are those of no model.</exception>
    public async Task<ModelLoan> BorrowAsync(ModelManifest manifest, Accelerator device, string precision, CancellationToken cancellation)
    {
        var key = new ModelKey(manifest.Digest(), device.Index, precision);
        LoadedModel model;
        lock (_gate)
        {
            if (!_models.TryGetValue(key, out model!))
            {
                model = new(key, manifest, TrainingRuntime.TorchDevice(device), TypeOf(precision), _weights, _options.ModelsFolder);
                _models.Add(key, model);
                Instruments.ModelsLoaded.Add(1);
            }
            model.Users++;
            model.Idle?.Dispose();
            model.Idle = null;
        }
        var hasTurn = false;
        try
        {
            await model.Turn.WaitAsync(cancellation);
            hasTurn = true;
            if (!model.IsOpen)
            {
                ReleaseIdle(other => other.Device == key.Device && other != key);
                await model.OpenAsync(cancellation);
                Instruments.ModelLoads.Add(1);
            }
            return new ModelLoan(model, () => Return(model, hadTurn: true));
        }
        catch (Exception failure)
        {
            Return(model, hasTurn);
            if (failure is DisBackException)
            {
                // Where its files lie for now is nothing that a reader of the message can look at.
                throw ModelLoan.Renamed(failure, model.Folder);
            }
            throw;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            // A thread that still draws with one is left to the end of the process.
            foreach (var model in _models.Values.Where(model => model.Users == 0))
            {
                model.Dispose();
            }
            _models.Clear();
        }
    }

    private void Return(LoadedModel model, bool hadTurn)
    {
        if (hadTurn)
        {
            model.Turn.Release();
        }
        lock (_gate)
        {
            model.Users--;
            if (model.Users > 0)
            {
                return;
            }
            if (model.IsOpen)
            {
                model.Idle = _time.CreateTimer(_ => ReleaseIdle(key => key == model.Key), null, _options.ModelIdle, Timeout.InfiniteTimeSpan);
                return;
            }
            Remove(model);
        }
    }

    private void ReleaseIdle(Func<ModelKey, bool> which)
    {
        lock (_gate)
        {
            foreach (var model in _models.Values.Where(model => model.Users == 0 && which(model.Key)).ToList())
            {
                Remove(model);
            }
        }
    }

    private void Remove(LoadedModel model)
    {
        if (_models.Remove(model.Key))
        {
            Instruments.ModelsLoaded.Add(-1);
        }
        model.Dispose();
    }

    private static ScalarType TypeOf(string precision) => precision switch
    {
        "fp16" => ScalarType.Float16,
        "bf16" => ScalarType.BFloat16,
        _ => ScalarType.Float32,
    };
}
