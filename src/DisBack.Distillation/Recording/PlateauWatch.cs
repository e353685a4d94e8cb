using DisBack.Specs.Recording;
using static TorchSharp.torch;

namespace DisBack.Distillation.Recording;

/// <summary>Follows the loss of stage 1 until it has stopped falling. Losses stay on the device until a window ends.</summary>
internal sealed class PlateauWatch : IDisposable
{
    private const int FlatWindows = 2;

    private readonly LossPlateau _settings;
    private readonly Tensor _sum;
    private readonly Tensor _before;
    private readonly Tensor _flat;

    /// <param name="settings">Windows, and what counts as a fall.</param>
    /// <param name="device">Where losses are.</param>
    public PlateauWatch(LossPlateau settings, Device device)
    {
        _settings = settings;
        _sum = zeros(1, float64, device).DetachFromDisposeScope();
        _before = full(1, double.PositiveInfinity, float64).DetachFromDisposeScope();
        _flat = zeros(1, int64).DetachFromDisposeScope();
    }

    /// <summary>The sum of this window, the mean of the one before, and how many in a row were flat: part of the checkpoint.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => [("plateau.sum", _sum), ("plateau.before", _before), ("plateau.flat", _flat)];

    /// <summary>Whether the loss has stopped falling.</summary>
    public bool IsReached => _flat.item<long>() >= FlatWindows;

    /// <summary>Takes the loss of a step, from 1.</summary>
    public void Add(long step, Tensor loss)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        _sum.add_(loss);
        if (step % _settings.Window != 0)
        {
            return;
        }
        var (mean, before) = (_sum.item<double>() / _settings.Window, _before.item<double>());
        // After the first window there is nothing to compare with.
        var isFlat = before - mean < _settings.Change * before;
        _flat.fill_(isFlat && double.IsFinite(before) ? _flat.item<long>() + 1 : 0);
        _before.fill_(mean);
        _sum.zero_();
    }

    public void Dispose()
    {
        foreach (var (_, value) in State)
        {
            value.Dispose();
        }
    }
}
