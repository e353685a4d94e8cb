using System.Globalization;
using System.Numerics;

namespace DisBack.Diffusion.Files.PyTorch;

/// <summary>
/// Files that are pickles: one, whose tensors are files of the older form within it, as Python's own pickle.dump writes; and that older form of torch.save:
/// four pickles, the keys of the storages, and their numbers in that order.
/// </summary>
internal static class TorchPickles
{
    /// <summary>What the older form begins with, followed by its version.</summary>
    private static readonly BigInteger s_magic = BigInteger.Parse("119547037146038801333356", CultureInfo.InvariantCulture);

    private const long Version = 1001;

    /// <summary>What the file holds, with the places of its storages.</summary>
    public static object? Read(string path, FileStream stream) => Read(path, stream, stream.Length, mayNest: true);

    private static object? Read(string path, FileStream stream, long end, bool mayNest)
    {
        var storages = new Dictionary<string, TorchStorage>(StringComparer.Ordinal);
        var names = new TorchNames(
            (type, key, elements) =>
            {
                if (!storages.TryGetValue(key, out var known))
                {
                    storages.Add(key, known = new TorchStorage(type, elements));
                }
                return known.Type == type && known.Elements == elements ? known : null;
            },
            bytes =>
            {
                var at = stream.Position;
                stream.Position = bytes.Offset;
                var storage = mayNest ? Read(path, stream, bytes.Offset + bytes.Length, mayNest: false) as TorchStorage : null;
                stream.Position = at;
                return storage ?? throw TorchFile.Damaged(path, "has a file within it that is no storage");
            });
        var first = Next();
        if (first is not BigInteger magic || magic != s_magic)
        {
            return storages.Count == 0 && stream.Position == end
                ? first
                : throw TorchFile.Damaged(path, "refers to numbers that are not in it, or goes on after its end");
        }
        if (Next() is not Version)
        {
            throw TorchFile.Damaged(path, "is of another version of torch.save's form before its archives");
        }
        _ = Next();
        var root = Next();
        Span<byte> count = stackalloc byte[sizeof(long)];
        foreach (var key in Next() as List<object?> ?? throw TorchFile.Damaged(path, "has no list of its storages"))
        {
            if (key is not string known || !storages.Remove(known, out var storage))
            {
                throw TorchFile.Damaged(path, "lists a storage that nothing refers to");
            }
            if (end - stream.Position < count.Length)
            {
                throw TorchFile.Damaged(path, "is truncated");
            }
            stream.ReadExactly(count);
            if (BitConverter.ToInt64(count) != storage.Elements || end - stream.Position < storage.Bytes)
            {
                throw TorchFile.Damaged(path, $"has other numbers of storage '{known}' than {storage.Elements:N0}");
            }
            storage.Offset = stream.Position;
            stream.Position += storage.Bytes;
        }
        return storages.Count == 0 && stream.Position == end
            ? root
            : throw TorchFile.Damaged(path, "lacks the numbers of a storage, or goes on after the last one");

        object? Next() => new PickleReader(stream, end, path, names).Read();
    }
}
