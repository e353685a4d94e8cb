using DisBack.Specs.Files;

namespace DisBack.Diffusion.Files.PyTorch;

/// <summary>
/// The functions and classes in files of PyTorch's and in EDM's snapshots that hold tensors, containers and numbers, and the modules that those are parts of.
/// Modules are read as data; the Python source that snapshots hold of them is passed over.
/// </summary>
/// <param name="storage">The storage that a pickle refers to, by its type, key and number of elements; null for one that is not there.</param>
/// <param name="nested">The storage that is a whole file of its own within the file, as in pickles of tensors that torch.save did not write.</param>
internal sealed class TorchNames(Func<ElementType, string, long, TorchStorage?> storage, Func<PickleBytes, TorchStorage> nested) : IPickleNames
{
    /// <summary>EDM's way to write a module: its first argument tells its class, source and attributes.</summary>
    public const string Persistent = "torch_utils.persistence._reconstruct_persistent_obj";

    private static readonly Dictionary<string, ElementType> s_types = new(StringComparer.Ordinal)
    {
        ["torch.float64"] = ElementType.F64,
        ["torch.float32"] = ElementType.F32,
        ["torch.float16"] = ElementType.F16,
        ["torch.bfloat16"] = ElementType.BF16,
        ["torch.int64"] = ElementType.I64,
        ["torch.int32"] = ElementType.I32,
        ["torch.int16"] = ElementType.I16,
        ["torch.int8"] = ElementType.I8,
        ["torch.uint8"] = ElementType.U8,
        ["torch.bool"] = ElementType.BOOL,
    };

    /// <inheritdoc/>
    public object? Find(string name)
    {
        if (s_types.TryGetValue(name, out var type))
        {
            return type;
        }
        return TorchStorage.TypeOf(name) is { } ofStorage ? ofStorage : CallOf(name) is { } call ? new PickleFunction(name, call) : null;
    }

    /// <inheritdoc/>
    public object? Resolve(object? persistentId) => persistentId is object?[] { Length: >= 5 } id && id[0] is "storage" && id[1] is ElementType type
        && id[2] is string key && id[4] is long elements && elements >= 0 && elements <= long.MaxValue / type.Bytes()
        && (id.Length == 5 || id[5] is null)
            ? storage(type, key, elements)
            : null;

    private Func<object?[], object?>? CallOf(string name) => name switch
    {
        "collections.OrderedDict" or "dnnlib.util.EasyDict" => arguments => arguments.Length == 0 ? new PickleDictionary() : null,
        "builtins.set" or "__builtin__.set" => arguments => arguments is [List<object?> of] ? of : null,
        "torch.Size" => arguments => arguments is [object?[] extents] ? extents : null,
        "torch.device" => arguments => arguments is [string device, ..] ? device : null,
        "torch._utils._rebuild_tensor" or "torch._utils._rebuild_tensor_v2" => arguments =>
            arguments is [TorchStorage numbers, long first, object?[] shape, object?[] strides, ..]
                ? TorchTensor.Of(numbers.Type, numbers, first, shape, strides)
                : null,
        "torch._utils._rebuild_tensor_v3" => arguments =>
            arguments is [TorchStorage numbers, long first, object?[] shape, object?[] strides, _, _, ElementType type, ..]
                ? TorchTensor.Of(type, numbers, first, shape, strides)
                : null,
        "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" => arguments => arguments is [TorchTensor data, ..] ? data : null,
        "torch.storage._load_from_bytes" => arguments => arguments is [PickleBytes file] ? nested(file) : null,
        // Bytes in pickles of protocol 2, which only numbers of NumPy's have; those are not looked at.
        "_codecs.encode" => arguments => arguments is [string text, ..] ? text : null,
        "numpy.dtype" or "numpy.core.multiarray.scalar" or "numpy._core.multiarray.scalar" or Persistent => arguments => new PickleObject(name, arguments),
        _ => name.StartsWith("torch.nn.modules.", StringComparison.Ordinal) ? arguments => new PickleObject(name, arguments) : null,
    };
}
