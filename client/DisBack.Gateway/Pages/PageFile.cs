using Microsoft.Net.Http.Headers;

namespace DisBack.Gateway.Pages;

/// <summary>A file of the dashboard.</summary>
/// <param name="Path">Where it is served.</param>
/// <param name="ContentType">What it is.</param>
/// <param name="Bytes">What is in it.</param>
/// <param name="Tag">What changes with its bytes. The gateways of a cluster give one file one tag, whenever each of them was built.</param>
internal sealed record PageFile(string Path, string ContentType, byte[] Bytes, EntityTagHeaderValue Tag);
