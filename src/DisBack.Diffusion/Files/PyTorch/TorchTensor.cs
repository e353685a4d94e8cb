using DisBack.Specs.Files;

namespace DisBack.Diffusion.Files.PyTorch;

/// <summary>A view of a storage.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Extents.</param>
/// <param name="Storage">The numbers.</param>
/// <param name="First">Its first element.</param>
/// <param name="Strides">Elements from one to the next along each extent.</param>
internal sealed record TorchTensor(ElementType Type, IReadOnlyList<long> Shape, TorchStorage Storage, long First, IReadOnlyList<long> Strides)
    : TensorEntry(Type, Shape)
{
    private const int MostDimensions = 16;

    /// <summary>Elements from the first to the last, both included.</summary>
    public long Span { get; private init; }

    /// <summary>Whether its elements follow each other in the order of its extents.</summary>
    public bool IsContiguous
    {
        get
        {
            var due = 1L;
            for (var i = Shape.Count - 1; i >= 0; i--)
            {
                if (Shape[i] != 1 && Strides[i] != due)
                {
                    return false;
                }
                due *= Shape[i];
            }
            return true;
        }
    }

    /// <summary>The view that a pickle describes; null if it does not lie within its storage, or has more elements than that.</summary>
    public static TorchTensor? Of(ElementType type, TorchStorage storage, long first, object?[] shape, object?[] strides)
    {
        if (shape.Length > MostDimensions || strides.Length != shape.Length || first < 0)
        {
            return null;
        }
        var most = storage.Bytes / type.Bytes();
        // What has no element is bounded, too: as if no extent were 0.
        var mostElements = shape.Contains(0L) ? int.MaxValue : most;
        var (elements, last, extents, steps) = (1L, 0L, new long[shape.Length], new long[shape.Length]);
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] is not (long extent and >= 0) || strides[i] is not (long step and >= 0) || (extent > 1 && step > mostElements / (extent - 1)))
            {
                return null;
            }
            (extents[i], steps[i]) = (extent, step);
            elements = elements > mostElements / Math.Max(extent, 1) ? mostElements + 1 : elements * Math.Max(extent, 1);
            last += extent > 1 ? (extent - 1) * step : 0;
            if (last > mostElements)
            {
                return null;
            }
        }
        var span = extents.Contains(0) ? 0 : last + 1;
        return elements <= mostElements && first <= most - span ? new(type, extents, storage, first, steps) { Span = span } : null;
    }
}
