using static TorchSharp.torch;

namespace DisBack.Diffusion.Parameters;

/// <summary>Exponential moving average of a network's trained parameters.</summary>
/// <param name="source">The parameters that are averaged.</param>
public sealed class MovingAverage(ParameterGroups source) : IDisposable
{
    /// <summary>The averaged weights, one tensor [n] for each trained group, laid out as its weights.</summary>
    public IReadOnlyList<Tensor> Weights { get; } = [.. source.Trained.Select(group => group.Weights.clone())];

    /// <summary>average := decay * average + (1 - decay) * weights.</summary>
    public void Update(double decay)
    {
        using var noGrad = no_grad();
        foreach (var (average, group) in Weights.Zip(source.Trained))
        {
            average.lerp_(group.Weights, 1 - decay);
        }
    }

    /// <summary>Copies the average over the parameters of another network of the same architecture; what is not trained stays.</summary>
    public void CopyTo(nn.Module network)
    {
        using var noGrad = no_grad();
        var parameters = network.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
        foreach (var (average, group) in Weights.Zip(source.Trained))
        {
            foreach (var slot in group.Slots)
            {
                using var view = ParameterBuffer.View(average, slot);
                parameters[slot.Name].copy_(view);
            }
        }
    }

    /// <summary>Releases the average.</summary>
    public void Dispose()
    {
        foreach (var average in Weights)
        {
            average.Dispose();
        }
    }
}
