using DisBack.Diffusion.TextToImage.Layers;
using TorchSharp.Modules;

namespace DisBack.Sdxl.Adapters;

/// <summary>A LoRA beside the weights of a network, which it leaves as it was when it is disposed of.</summary>
internal sealed class AttachedLora : IDisposable
{
    private readonly List<(string Module, AdaptableLayer Layer, LowRankAdapter Adapter)> _adapters = [];

    /// <summary>The factors in float32, which can be trained, under the names of peft's form: <c>unet.MODULE.lora_A.weight</c>.</summary>
    public IEnumerable<(string Name, Parameter Value)> Parameters => _adapters.SelectMany(one => new[]
    {
        ($"{one.Module}.lora_A.weight", one.Adapter.Down), ($"{one.Module}.lora_B.weight", one.Adapter.Up),
    });

    /// <summary>Takes the adapters off and gives their memory back.</summary>
    public void Dispose()
    {
        foreach (var (_, layer, adapter) in _adapters)
        {
            layer.Adapters.Remove(adapter);
            adapter.Down.Dispose();
            adapter.Up.Dispose();
        }
        _adapters.Clear();
    }

    /// <summary>Attaches to one more layer.</summary>
    internal void Add(string module, AdaptableLayer layer, LowRankAdapter adapter)
    {
        layer.Adapters.Add(adapter);
        _adapters.Add((module, layer, adapter));
    }
}
