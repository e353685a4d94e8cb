using System.Text;
using System.Text.Json;
using DisBack.Fuzz.Inputs;
using DisBack.Gateway.Security;
using DisBack.Storage;
using DisBack.Storage.Local;

namespace DisBack.Fuzz.Readers;

/// <summary>Readers of the small files beside the data: who works in a data folder, and which tokens a gateway knows.</summary>
internal static class FolderReaders
{
    private const int Quick = 20;

    public static IEnumerable<Reader> All =>
    [
        Reader.OfFile("tokens", Quick, Tokens, TextMutation.Of, path => TokenFile.Read(path)),
        new Reader("owner", Quick, Owners, TextMutation.Of, folder =>
        {
            var held = DataFolderLock.Acquire(folder, "fuzz");
            return bytes =>
            {
                File.WriteAllBytes(Path.Combine(folder, "disback.owner.json"), bytes);
                _ = DataFolderLock.FindOwner(folder);
                GC.KeepAlive(held);
            };
        }),
    ];

    private static IReadOnlyList<byte[]> Tokens()
    {
        var hash = new string('a', 64);
        return
        [
            Encoding.UTF8.GetBytes($$"""
                {
                  "tokens": [
                    { "name": "a", "role": "viewer", "sha256": "{{hash}}", "created": "2026-01-01T00:00:00+00:00", "expires": null },
                    { "name": "b", "role": "operator", "sha256": "{{hash}}", "created": "2026-01-01T00:00:00+00:00", "expires": "2027-01-01T00:00:00+00:00" }
                  ]
                }
                """),
        ];
    }

    private static IReadOnlyList<byte[]> Owners() =>
    [
        JsonSerializer.SerializeToUtf8Bytes(
            new DataFolderOwner(1, DateTimeOffset.UnixEpoch, "disback run", "127.0.0.1:30000", "embedded"), StorageJson.Options),
    ];
}
