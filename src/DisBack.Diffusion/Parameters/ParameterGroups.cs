using static TorchSharp.torch;

namespace DisBack.Diffusion.Parameters;

/// <summary>
/// All parameters of a network in flat buffers: one for each group of parameters that share their type, their device and whether they are trained,
/// split where a group would be too large. An ordinary network of float32 is one group.
/// </summary>
/// <remarks>A frozen half-precision base with small trained adapters is a network of two groups, of which one has gradients.</remarks>
public sealed class ParameterGroups : IDisposable
{
    private ParameterGroups(IReadOnlyList<ParameterBuffer> all)
    {
        All = all;
        Trained = [.. all.Where(group => group.Gradients is not null)];
    }

    /// <summary>Every group, in the order of the network's state dictionary.</summary>
    public IReadOnlyList<ParameterBuffer> All { get; }

    /// <summary>The groups that have gradients.</summary>
    public IReadOnlyList<ParameterBuffer> Trained { get; }

    /// <summary>Moves the parameters of a network into buffers, all of them with gradients or none.</summary>
    public static ParameterGroups Attach(nn.Module network, bool trained) => Attach(network, _ => trained);

    /// <summary>Moves the parameters of a network into buffers. The network keeps working and from then on reads and writes the buffers.</summary>
    /// <param name="network">The network.</param>
    /// <param name="trained">Which parameters get gradients, by name.</param>
    /// <param name="largest">The most elements of a group, unless a single parameter has more.</param>
    public static ParameterGroups Attach(nn.Module network, Func<string, bool> trained, long largest = long.MaxValue)
    {
        var parameters = network.named_parameters().Select(entry => (entry.name, entry.parameter, Trained: trained(entry.name)));
        var groups = parameters
            .GroupBy(entry => (entry.parameter.dtype, entry.parameter.device_type, entry.parameter.device_index, entry.Trained))
            .SelectMany(
                kind => Split([.. kind.Select(entry => (entry.name, entry.parameter))], largest),
                (kind, part) => ParameterBuffer.Attach(part, kind.Key.Trained));
        return new ParameterGroups([.. groups]);
    }

    /// <summary>Sets every gradient to zero.</summary>
    public void ZeroGradients()
    {
        foreach (var group in Trained)
        {
            group.Gradients!.zero_();
        }
    }

    /// <summary>Makes gradients finite: NaN counts as 0 and infinity as 1e5, as in EDM's loop.</summary>
    public void CleanGradients()
    {
        using var noGrad = no_grad();
        foreach (var group in Trained)
        {
            group.Gradients!.nan_to_num_(0, 1e5, -1e5);
        }
    }

    /// <summary>The L2 norm of all elements of several tensors together, a scalar.</summary>
    /// <param name="parts">The tensors, at least one, of any shapes.</param>
    public static Tensor NormOf(IEnumerable<Tensor> parts)
    {
        var norms = parts.Select(part => part.norm()).ToList();
        return norms.Count == 1 ? norms[0] : stack(norms).norm();
    }

    /// <summary>Scales gradients down so that the L2 norm of all of them together is at most a limit; those of several networks count as one.</summary>
    /// <param name="limit">The largest norm.</param>
    /// <param name="networks">The networks that are clipped together.</param>
    public static void ClipGradients(double limit, params ReadOnlySpan<ParameterGroups> networks)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var gradients = new List<Tensor>();
        foreach (var network in networks)
        {
            gradients.AddRange(network.Trained.Select(group => group.Gradients!));
        }

        var scale = limit / NormOf(gradients).clamp_min(limit);
        foreach (var gradient in gradients)
        {
            gradient.mul_(scale);
        }
    }

    /// <summary>Releases the buffers; the network must not be used afterwards.</summary>
    public void Dispose()
    {
        foreach (var group in All)
        {
            group.Dispose();
        }
    }

    private static IEnumerable<List<(string Name, TorchSharp.Modules.Parameter Parameter)>> Split(
        IReadOnlyList<(string Name, TorchSharp.Modules.Parameter Parameter)> parameters, long largest)
    {
        var part = new List<(string Name, TorchSharp.Modules.Parameter Parameter)>();
        var elements = 0L;
        foreach (var entry in parameters)
        {
            var size = entry.Parameter.numel();
            if (part.Count > 0 && elements + size > largest)
            {
                yield return part;
                (part, elements) = ([], 0);
            }

            part.Add(entry);
            elements += size;
        }

        yield return part;
    }
}
