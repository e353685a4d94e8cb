using System.Security.Cryptography;
using System.Text.Json;
using DisBack.Diffusion.Data;
using DisBack.Diffusion.Files;
using DisBack.Diffusion.Pictures;
using DisBack.Sdxl.Configuration;
using DisBack.Sdxl.Models;
using DisBack.Sdxl.Pictures;
using DisBack.Sdxl.Prompts;
using DisBack.Sdxl.Sampling;
using DisBack.Specs.Data;
using DisBack.Specs.Networks;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Encodings;

/// <summary>
/// Encodes pictures and their captions once, so that no run needs the autoencoder and the text encoders: <c>latents</c> [N, C, h, w], scaled as the diffusion
/// model knows them, beside the embeddings of the captions as <see cref="PromptEncoding"/> makes them.
/// </summary>
/// <param name="model">The model whose networks are used.</param>
/// <param name="device">Where they compute.</param>
public sealed class LatentEncoding(ModelFolder model, Device device)
{
    private const int LongestSide = 8192;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly TextRows _texts = new(model, device);

    /// <summary>Encodes pictures and writes the file, which has its name when it is complete. One of the same inputs that is there is kept.</summary>
    /// <param name="path">
    /// A folder of pictures with their captions in text files, a tar file of webdataset's form or a folder of such files, or safetensors files that hold
    /// latents already.
    /// </param>
    /// <param name="size">Side in pixels that the middle square of each picture is brought to.</param>
    /// <param name="output">The file to make or replace.</param>
    /// <param name="settings">How.</param>
    /// <param name="progress">Told what is done.</param>
    /// <param name="cancellation">Stops the work; nothing is left under the name.</param>
    /// <exception cref="DisBackException">A file is damaged, a caption is missing, the size is impossible, or the file cannot be written.</exception>
    public EncodedFile Write(
        string path,
        int size,
        string output,
        LatentSettings settings,
        Action<EncodingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        var config = AutoencoderConfig.Read(model.SettingsOf(ModelPart.Autoencoder));
        if (size < config.Reduction || size > LongestSide || size % config.Reduction != 0)
        {
            throw new DisBackException($"Pictures of {size} x {size} pixels have no latents: the size must be a multiple of {config.Reduction}, at most "
                + $"{LongestSide:N0}.");
        }
        var side = size / config.Reduction;
        var shape = new SampleShape(config.LatentChannels, side, side);
        var (pictures, shards) = PictureSource.At(path);
        return pictures is not null
            ? Encode(pictures, path, size, shape, output, settings, progress, cancellation)
            : Copy(shards!, size, shape, output, settings, progress, cancellation);
    }

    private EncodedFile Encode(
        ICaptionedPictures pictures,
        string path,
        int size,
        SampleShape shape,
        string output,
        LatentSettings settings,
        Action<EncodingProgress>? progress,
        CancellationToken cancellation)
    {
        var (captions, digest) = List(pictures, path, progress, cancellation);
        var origin = new LatentOrigin(captions.Count, digest, ModelDigest.Of(model, ModelPart.Autoencoder, cancellation), size, settings.Seed);
        var latents = new TensorEntry(settings.Type, [captions.Count, shape.Channels, shape.Height, shape.Width]);
        return Write(output, captions.Count, latents, [], captions, pictures.Notes, origin, settings, Latents, progress, cancellation);

        void Latents(SafetensorsRows file)
        {
            using var encoder = new PartLoading(new ModelSource(model), new(device, ScalarType.Float32)).LoadEncoder();
            using var untracked = no_grad();
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var done = 0;
            foreach (var picture in pictures.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Invoke(new(EncodingPhase.Pictures, done, captions.Count));
                Append(hash, picture);
                if (done == captions.Count)
                {
                    break;
                }
                using var scope = NewDisposeScope();
                // One at a time: a picture of 1024 x 1024 takes gigabytes, and another batch would round otherwise.
                var levels = AreaAverage.Square(PictureReader.Read(picture.Bytes, picture.Name), size);
                var pixels = levels.to(ScalarType.Float32).div_(127.5f).sub_(1f).unsqueeze(0).to(device);
                using var noise = settings.Seed is { } seed ? new SeededNoise(seed, done, 1, shape) : null;
                var unit = noise?.Next() ?? zeros([1, shape.Channels, shape.Height, shape.Width]);
                Finite.Write(file, DatasetFacts.Latents, encoder.Sample(pixels, unit.to(device)), settings.Type, $"What the model makes of '{picture.Name}'");
                done++;
            }
            if (done < captions.Count || Convert.ToHexStringLower(hash.GetHashAndReset()) != digest)
            {
                throw new DisBackException($"The pictures in '{path}' were changed while they were encoded: encode them again.");
            }
            progress?.Invoke(new(EncodingPhase.Pictures, done, done));
        }
    }

    private EncodedFile Copy(
        IReadOnlyList<string> paths,
        int size,
        SampleShape shape,
        string output,
        LatentSettings settings,
        Action<EncodingProgress>? progress,
        CancellationToken cancellation)
    {
        using var shards = new LatentShards(paths);
        var entries = shards.Entries(settings.Type);
        var found = string.Join('x', entries[DatasetFacts.Latents].Shape.Skip(1));
        if (found != shape.ToString())
        {
            throw new DisBackException($"'{paths[0]}' has latents of {found} (channels, height, width), and pictures of {size} pixels have {shape} with this "
                + "model: say the size of the pictures that they were made of.");
        }
        var origin = new LatentOrigin(shards.Count, shards.Digest(cancellation), null, size, null);
        var others = entries.Where(entry => entry.Key != DatasetFacts.Latents).ToDictionary();
        return Write(
            output, shards.Count, entries[DatasetFacts.Latents], others, shards.Captioned, [], origin, settings,
            file => shards.Write(file, settings.Type, progress, cancellation), progress, cancellation);
    }

    private EncodedFile Write(
        string output,
        long count,
        TensorEntry latents,
        Dictionary<string, TensorEntry> others,
        IReadOnlyList<string>? captions,
        IReadOnlyList<string> notes,
        LatentOrigin origin,
        LatentSettings settings,
        Action<SafetensorsRows> write,
        Action<EncodingProgress>? progress,
        CancellationToken cancellation)
    {
        var tensors = new Dictionary<string, TensorEntry>(others) { [DatasetFacts.Latents] = latents };
        var metadata = new Dictionary<string, string> { [DatasetFacts.Latents] = JsonSerializer.Serialize(origin, s_json) };
        if (captions is not null)
        {
            notes = [.. notes, .. _texts.Check(captions, "captions")];
            foreach (var (name, entry) in _texts.Tensors(captions.Count, settings.Type))
            {
                tensors.Add(name, entry);
            }
            var (key, value) = _texts.Origin(captions, cancellation);
            metadata.Add(key, value);
        }
        var wasThere = EncodedFile.IsThere(output, tensors, metadata);
        if (!wasThere)
        {
            using var file = SafetensorsRows.Create(output, tensors, metadata);
            // The text encoders are gone before the autoencoder comes.
            if (captions is not null)
            {
                _texts.Write(file, captions, settings.Type, progress, cancellation);
            }
            write(file);
            file.Complete();
        }
        return new(count, EncodedFile.Address(output, progress, cancellation), wasThere, notes);
    }

    private static (List<string> Captions, string Digest) List(
        ICaptionedPictures pictures, string path, Action<EncodingProgress>? progress, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (captions, characters) = (new List<string>(), 0L);
        foreach (var picture in pictures.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            Append(hash, picture);
            captions.Add(picture.Caption);
            characters += picture.Caption.Length;
            if (characters > PromptList.MostCharacters)
            {
                throw new DisBackException($"The captions in '{path}' have more than {PromptList.MostCharacters:N0} characters: divide them.");
            }
            progress?.Invoke(new(EncodingPhase.Listing, picture.Position, pictures.Length));
        }
        return captions.Count > 0
            ? (captions, Convert.ToHexStringLower(hash.GetHashAndReset()))
            : throw new DisBackException($"'{path}' holds no picture ({PictureReader.Extensions}): check the path.");
    }

    /// <summary>Names are not part of it: the same pictures in another container are the same data.</summary>
    private static void Append(IncrementalHash hash, CaptionedPicture picture)
    {
        hash.AppendData(BitConverter.GetBytes(picture.Bytes.Length));
        hash.AppendData(picture.Bytes);
        hash.AppendData(Convert.FromHexString(ModelDigest.OfTexts([picture.Caption])));
    }
}
