using System.Security.Cryptography;
using DisBack.Specs.Files;
using static TorchSharp.torch;

namespace DisBack.Diffusion.Features;

/// <summary>A user's feature network: a TorchScript module from float32 [N, C, H, W] in [-1, 1] to [N, F].</summary>
internal sealed class TorchScriptFeatures : IFeatureNetwork
{
    private readonly string _path;
    private readonly Device _device;
    private readonly jit.ScriptModule<Tensor, Tensor> _module;

    private TorchScriptFeatures(string path, Device device, jit.ScriptModule<Tensor, Tensor> module, string digest)
    {
        (_path, _device, _module, Digest) = (path, device, module, digest);
        _module.eval();
    }

    public string Digest { get; }

    public static TorchScriptFeatures Open(string path, Device? device = null)
    {
        try
        {
            using var file = RegularFile.Open(path);
            var digest = Convert.ToHexStringLower(SHA256.HashData(file));
            var module = jit.load<Tensor, Tensor>(path, (device ?? CPU).type, device?.index ?? -1);
            return new TorchScriptFeatures(path, device ?? CPU, module, digest);
        }
        catch (Exception e) when (e is not (DisBackException or IOException))
        {
            throw new DisBackException($"{path} is no TorchScript module that this libtorch can load ({FirstLine(e)}): save it with torch.jit.save.", e);
        }
    }

    public Tensor Extract(Tensor images)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        Tensor features;
        try
        {
            features = _module.forward(images.to(_device));
        }
        catch (Exception e) when (e is not DisBackException)
        {
            throw new DisBackException($"{_path} failed on images of shape [{string.Join(", ", images.shape)}] ({FirstLine(e)}): it must accept float32 "
                + "images in [-1, 1].", e);
        }
        if (features.dim() != 2 || features.shape[0] != images.shape[0])
        {
            throw new DisBackException(
                $"{_path} made [{string.Join(", ", features.shape)}] of images of shape [{string.Join(", ", images.shape)}]: it must return one row of "
                    + "features for each image.");
        }
        return features.to(float32).MoveToOuterDisposeScope();
    }

    public void Dispose() => _module.Dispose();

    private static string FirstLine(Exception e) => e.Message.AsSpan().Trim().ToString().Split('\n')[0];
}
