using DisBack.Diffusion.Files;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Adapters;

/// <summary>A file of a LoRA of which every tensor has its place in the networks at hand.</summary>
internal sealed class LoraFile : IDisposable
{
    private readonly SafetensorsFile _file;

    private LoraFile(SafetensorsFile file, IReadOnlyList<LoraModule> modules) => (_file, Modules) = (file, modules);

    /// <summary>The modules that it adapts, which are all that it names.</summary>
    public IReadOnlyList<LoraModule> Modules { get; }

    /// <summary>What became of the file, for the user.</summary>
    public string Summary => $"{Modules.Count} of {Modules.Count} modules";

    /// <summary>Opens a file of any of the forms that diffusers, peft and kohya's trainer write.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parts">The networks at hand, each once.</param>
    /// <exception cref="DisBackException">It cannot be read, or something of it has no place.</exception>
    public static LoraFile Open(string path, params IReadOnlyList<AdapterPart> parts)
    {
        var file = SafetensorsFile.Open(path);
        try
        {
            return new(file, LoraModules.Of(file, parts));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Adds the products to the weights, in float32 and then rounded to their type, one module after the other so that there is no second copy of the network.
    /// </summary>
    /// <param name="strength">What they are multiplied by.</param>
    /// <param name="part">One network, so that shapes are enough of the others; null is all of them.</param>
    /// <exception cref="DisBackException">A value is not finite; some weights may have changed, so load the networks again.</exception>
    public void Merge(double strength = 1, AdapterPart? part = null)
    {
        using var untracked = no_grad();
        foreach (var module in Of(part))
        {
            using var scope = NewDisposeScope();
            var weights = module.Layer.Weights;
            var product = Read(module.Up, module).flatten(1).matmul(Read(module.Down, module).flatten(1)).view(weights.shape);
            weights.copy_(weights.to(ScalarType.Float32).add(product, alpha: module.Scale * strength));
        }
    }

    /// <summary>Computes the products beside the weights until the result is disposed of.</summary>
    /// <param name="strength">What they are multiplied by.</param>
    /// <param name="part">One network, so that shapes are enough of the others; null is all of them.</param>
    /// <exception cref="DisBackException">A value is not finite; nothing was attached.</exception>
    public AttachedLora Attach(double strength = 1, AdapterPart? part = null)
    {
        var attached = new AttachedLora();
        try
        {
            foreach (var module in Of(part))
            {
                attached.Add(module.Name, module.Layer, new(Trainable(module.Down), Trainable(module.Up), module.Scale * strength));

                Parameter Trainable(string name) => (Parameter)new Parameter(Read(name, module)).DetachFromDisposeScope();
            }
            return attached;
        }
        catch
        {
            attached.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private IEnumerable<LoraModule> Of(AdapterPart? part) => Modules.Where(module => part is null || module.Part == part);

    private Tensor Read(string name, LoraModule module)
    {
        using var scope = NewDisposeScope();
        var values = _file.Read(name).to(ScalarType.Float32);
        if (!values.isfinite().all().item<bool>())
        {
            throw new DisBackException($"Tensor '{name}' of '{_file.Path}' has a value that is not finite: the file is damaged.");
        }
        return values.to(module.Layer.Weights.device).MoveToOuterDisposeScope();
    }
}
