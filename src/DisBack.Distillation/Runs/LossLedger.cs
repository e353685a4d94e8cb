using static TorchSharp.torch;

namespace DisBack.Distillation.Runs;

/// <summary>Losses that stay on the device until somebody reads them, so that a step never waits for it.</summary>
/// <param name="networks">Which network a loss belongs to, for the message when it is not finite.</param>
internal sealed class LossLedger(IReadOnlyDictionary<string, string> networks) : IDisposable
{
    private readonly List<(long Step, string Name, Tensor Value)> _pending = [];

    /// <summary>Notes a scalar of a step (from 1).</summary>
    public void Add(long step, string name, Tensor value) => _pending.Add((step, name, value.detach().DetachFromDisposeScope()));

    /// <summary>Waits for the device and returns what has been noted since the last call.</summary>
    /// <exception cref="TrainingFailedException">A value is not finite.</exception>
    public IReadOnlyList<Measurement> Drain()
    {
        if (_pending.Count == 0)
        {
            return [];
        }

        using var scope = NewDisposeScope();
        var values = stack(_pending.Select(entry => entry.Value)).to(float64).cpu().data<double>().ToArray();
        var measurements = _pending.Select((entry, i) => new Measurement(entry.Step, entry.Name, values[i])).ToList();
        Dispose();
        foreach (var bad in measurements)
        {
            if (!double.IsFinite(bad.Value))
            {
                throw new TrainingFailedException(
                    TrainingFailure.NonFinite,
                    $"The loss of the {networks.GetValueOrDefault(bad.Name, "network")} became {bad.Value} at step {bad.Step}; "
                    + "lower its learning_rate, raise its ramp_steps or set clip_norm, and start again from the last checkpoint.");
            }
        }

        return measurements;
    }

    public void Dispose()
    {
        foreach (var (_, _, value) in _pending)
        {
            value.Dispose();
        }

        _pending.Clear();
    }
}
