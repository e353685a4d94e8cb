using DisBack.Contracts.Documents;
using DisBack.Sdxl.Drawing;
using DisBack.Sdxl.Models;
using DisBack.Storage.Cache;
using static TorchSharp.torch;

namespace DisBack.Orchestration.Drawing;

/// <summary>
/// A model of pictures on a device, with its files: a folder of links to verified contents, which no program but this one makes or reads. Whoever has the
/// turn uses it; nothing of it is safe for two threads.
/// </summary>
/// <param name="key">Which model, where and how.</param>
/// <param name="manifest">Its files.</param>
/// <param name="device">Where it computes.</param>
/// <param name="type">In which type.</param>
/// <param name="weights">Where its files come from.</param>
/// <param name="parent">The folder in which its own is made.</param>
internal sealed class LoadedModel(ModelKey key, ModelManifest manifest, Device device, ScalarType type, WeightCache weights, string parent) : IDisposable
{
    private const string Added = "added";

    private readonly string _folder = Path.Combine(parent, Guid.NewGuid().ToString("n"));
    private readonly List<WeightLease> _leases = [];
    private TextToImage? _drawer;
    private ModelSource? _source;

    public ModelKey Key => key;

    // Placement is a namespace here as well.
    private Diffusion.TextToImage.Layers.Placement Place => new(device, type);

    /// <summary>Where it keeps its files; errors name it, and its reader knows the model by another name.</summary>
    public string Folder => _folder;

    /// <summary>Taken by whoever draws with it.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>How many draw with it or wait for their turn; guarded by whoever lends it.</summary>
    public int Users { get; set; }

    /// <summary>Ends its stay in memory when nobody has used it for a while; guarded likewise.</summary>
    public ITimer? Idle { get; set; }

    /// <summary>Whether its files are there and its settings read; networks are read when they are first needed, and stay.</summary>
    public bool IsOpen => _drawer is not null;

    /// <summary>Fetches its files and reads its settings.</summary>
    /// <exception cref="DisBackException">A content is missing or damaged, or the files are those of no model.</exception>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        manifest.Check();
        try
        {
            foreach (var file in manifest.Files)
            {
                await LinkAsync(file.Content, file.Path, cancellation);
            }
            var unet = manifest.UNet is { } other ? await LinkAsync(other.Content, $"{Added}/unet{ExtensionOf(other.Path)}", cancellation) : null;
            var adapters = new List<AdapterFile>();
            foreach (var adapter in manifest.Adapters)
            {
                var name = $"{Added}/lora-{adapters.Count}{ExtensionOf(adapter.Name)}";
                adapters.Add(new(await LinkAsync(adapter.Content, name, cancellation), adapter.Strength));
            }
            var source = new ModelSource(ModelFolder.Open(_folder)) { UNet = unet, Adapters = adapters, KeepsAdapters = manifest.KeepsAdapters };
            _drawer = new(source, Place, keepsLoaded: true);
            _source = source;
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>
    /// What draws a request. Where all networks together do not fit and one after the other would, it is one that keeps none, to be disposed of by the caller;
    /// where nothing fits it is that one as well, for it says what would.
    /// </summary>
    /// <exception cref="DisBackException">The request cannot be drawn.</exception>
    public (TextToImage Drawer, bool IsKept) DrawerFor(Func<TextToImage, PictureRequest> requestOf)
    {
        if (_drawer!.Plan(requestOf(_drawer)).Fits)
        {
            return (_drawer, true);
        }
        // Emptied first: what it keeps would be missing to the other.
        _drawer.Dispose();
        return (new TextToImage(_source!, Place), false);
    }

    /// <summary>Frees memory and files, until it is opened again.</summary>
    public void Close()
    {
        _drawer?.Dispose();
        (_drawer, _source) = (null, null);
        _leases.ForEach(lease => lease.Dispose());
        _leases.Clear();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    public void Dispose()
    {
        Idle?.Dispose();
        Close();
        Turn.Dispose();
    }

    /// <summary>Files are known by their first bytes or by how their names end, so that a name keeps its end and nothing else.</summary>
    private static string ExtensionOf(string name) => Path.GetExtension(name) is ".bin" ? ".bin" : ".safetensors";

    /// <param name="content">The bytes.</param>
    /// <param name="path">A path of a checked manifest, or one made here.</param>
    /// <param name="cancellation">Stops waiting for them.</param>
    private async Task<string> LinkAsync(ContentRef content, string path, CancellationToken cancellation)
    {
        var lease = await weights.GetAsync(content, cancellation: cancellation);
        _leases.Add(lease);
        var link = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        File.CreateSymbolicLink(link, Path.GetFullPath(lease.Path));
        return link;
    }
}

/// <summary>A model, where it computes and how.</summary>
/// <param name="Digest">Of its manifest.</param>
/// <param name="Device">Index of the device.</param>
/// <param name="Precision">fp32, fp16 or bf16.</param>
internal readonly record struct ModelKey(string Digest, int Device, string Precision);
