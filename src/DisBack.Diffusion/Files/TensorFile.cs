using DisBack.Specs.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Files;

/// <summary>Named tensors in a file, whichever program wrote it: opening reads what describes them, reading one touches only its own bytes.</summary>
public abstract class TensorFile : IDisposable
{
    /// <summary>Bounds the span handed to one copy, and with it the staging memory of tensors that live on an accelerator.</summary>
    private const long ChunkBytes = 64 << 20;

    private protected TensorFile(string path) => Path = path;

    /// <summary>The file, as it was named when it was opened.</summary>
    public string Path { get; }

    /// <summary>Free text fields that belong to the tensors.</summary>
    public abstract IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Every tensor by its name.</summary>
    public abstract IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>Reads one tensor into new CPU memory.</summary>
    /// <exception cref="DisBackException">The file has no tensor of that name.</exception>
    public Tensor Read(string name)
    {
        var entry = EntryOf(name);
        var tensor = empty(entry.Shape.ToArray(), entry.Type.Scalar());
        Fill(tensor, name);
        return tensor;
    }

    /// <summary>Reads one tensor over the values of <paramref name="target"/>, wherever that lives and without a trace in autograd.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="target">What is written over.</param>
    /// <param name="convert">Whether floating-point values of another width are converted; otherwise they are of another type.</param>
    /// <exception cref="DisBackException">The file has no tensor of that name, or one of another shape or type.</exception>
    public void ReadInto(string name, Tensor target, bool convert = false)
    {
        var entry = EntryOf(name);
        RequireMatch(name, target, convert);
        if (entry.Type.Scalar() == target.dtype && target.device_type == DeviceType.CPU && target.is_contiguous())
        {
            Fill(target, name);
            return;
        }
        using var untracked = no_grad();
        using var values = Read(name);
        target.copy_(values);
    }

    /// <summary>Closes the file. Tensors already read stay valid.</summary>
    public abstract void Dispose();

    /// <summary>
    /// Throws unless the tensor of that name in the file has exactly the shape and the element type of <paramref name="target"/>, or both are floating-point
    /// and may be converted.
    /// </summary>
    internal void RequireMatch(string name, Tensor target, bool convert = false) => RequireMatch(name, target.shape, target.dtype, convert);

    /// <summary>Throws unless the tensor of that name in the file has exactly this shape and this element type, or may be converted to it.</summary>
    internal void RequireMatch(string name, long[] shape, ScalarType type, bool convert = false)
    {
        var entry = EntryOf(name);
        if (!entry.Shape.SequenceEqual(shape))
        {
            throw new DisBackException($"Tensor '{name}' of '{Path}' has the shape [{string.Join(", ", entry.Shape)}] where "
                + $"[{string.Join(", ", shape)}] is needed: the file belongs to a network with other settings.");
        }
        if (entry.Type.Scalar() != type && !(convert && entry.Type.IsFloatingPoint() && is_floating_point(type)))
        {
            throw new DisBackException($"Tensor '{name}' of '{Path}' has the element type {entry.Type} where {type.Element()} is needed: convert the file.");
        }
    }

    /// <summary>Overwrites the elements of a contiguous CPU tensor, which has the shape and the type of the entry.</summary>
    internal abstract void Fill(Tensor target, string name);

    /// <summary>The elements in order, as flat contiguous pieces that fit a span. They share memory with a contiguous tensor.</summary>
    private protected static void ForEachChunk(Tensor tensor, Action<Tensor> use)
    {
        if (tensor.NumberOfElements == 0)
        {
            return;
        }
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var flat = tensor.detach().contiguous().view(-1);
        var step = ChunkBytes / tensor.dtype.Element().Bytes();
        for (var start = 0L; start < flat.NumberOfElements; start += step)
        {
            using var chunk = flat.narrow(0, start, Math.Min(step, flat.NumberOfElements - start));
            use(chunk);
        }
    }

    private protected TensorEntry EntryOf(string name) =>
        Entries.TryGetValue(name, out var entry) ? entry : throw new DisBackException($"Tensor '{name}' is missing from '{Path}': the file belongs to "
            + "another network.");
}
