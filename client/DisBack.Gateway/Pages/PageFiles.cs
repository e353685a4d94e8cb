using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace DisBack.Gateway.Pages;

/// <summary>The files of the dashboard, which are resources of this assembly: a gateway is complete without a folder of files beside it.</summary>
internal static class PageFiles
{
    /// <summary>What the names of the resources begin with.</summary>
    private const string Root = "dashboard/";

    private const string OtherType = "application/octet-stream";

    private static readonly Assembly s_assembly = typeof(PageFiles).Assembly;
    private static readonly FileExtensionContentTypeProvider s_types = new();

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PageFile> Read() =>
        [.. s_assembly.GetManifestResourceNames().Where(name => name.StartsWith(Root, StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(Read)];

    private static PageFile Read(string name)
    {
        using var resource = s_assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        var type = s_types.TryGetContentType(name, out var known) ? known : OtherType;
        // Weak, for the same file is also sent compressed.
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\"", isWeak: true);
        return new PageFile($"/{name[Root.Length..]}", type, bytes, tag);
    }
}
