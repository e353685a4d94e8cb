using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using DisBack.Specs.Files;

namespace DisBack.Fuzz.Inputs;

/// <summary>
/// Changes safetensors files by their parts: the bytes, the JSON of the header under its right length, or one text of the metadata, such as the settings
/// of a network. The rest stays sound, so that a reader comes to what was changed.
/// </summary>
internal static class SafetensorsMutation
{
    /// <summary>A changed file.</summary>
    public static byte[] Of(Random random, IReadOnlyList<byte[]> seeds)
    {
        var seed = seeds[random.Next(seeds.Count)];
        var end = SafetensorsHeader.PrefixBytes + (int)BinaryPrimitives.ReadInt64LittleEndian(seed);
        var (header, data) = (seed[SafetensorsHeader.PrefixBytes..end], seed[end..]);
        switch (random.Next(4))
        {
            case 0:
                return ByteMutation.Of(random, [seed, .. seeds]);
            case 1:
                return Framed(TextMutation.Of(random, [header]), data);
            case 2:
                // As many bytes more or fewer as a tensor may claim.
                return Framed(random.Next(2) == 0 ? TextMutation.Changed(random, header) : header, [.. data, .. new byte[random.Next(64)]]);
            default:
                return Framed(WithChangedMetadata(random, header), data);
        }
    }

    private static byte[] WithChangedMetadata(Random random, byte[] header)
    {
        var json = JsonNode.Parse(header)!.AsObject();
        if (json[SafetensorsHeader.MetadataKey] is not JsonObject { Count: > 0 } metadata)
        {
            return TextMutation.Of(random, [header]);
        }
        var (key, value) = metadata.ElementAt(random.Next(metadata.Count));
        var text = System.Text.Encoding.UTF8.GetBytes(value!.GetValue<string>());
        metadata[key] = System.Text.Encoding.UTF8.GetString(TextMutation.Of(random, [text]));
        return JsonSerializer.SerializeToUtf8Bytes(json);
    }

    private static byte[] Framed(byte[] header, byte[] data)
    {
        var prefix = new byte[SafetensorsHeader.PrefixBytes];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        return [.. prefix, .. header, .. data];
    }
}
