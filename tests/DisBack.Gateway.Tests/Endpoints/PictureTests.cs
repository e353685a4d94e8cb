using System.Net;
using DisBack.Client.Http;

namespace DisBack.Gateway.Tests.Endpoints;

/// <summary>Stored pictures as pictures, and nothing else as one.</summary>
public sealed class PictureTests
{
    private static readonly byte[] s_picture = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stored_picture_is_one_and_is_kept_for_ever()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var client = site.Client();
        var content = await client.Content.PutAsync(BinaryData.FromBytes(s_picture), Cancellation);
        using var http = site.Http(site.Viewer);

        using var answer = await http.GetAsync(AddressOf(content.Digest), Cancellation);

        Assert.Equal((HttpStatusCode.OK, "image/png"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal(s_picture, await answer.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal("max-age=31536000, private, immutable", answer.Headers.CacheControl!.ToString());
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        using var request = new HttpRequestMessage(HttpMethod.Get, AddressOf(content.Digest));
        request.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
        using var again = await http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Theory, InlineData("<script>alert(1)</script>"), InlineData("\u0089PN"), InlineData("")]
    public async Task What_does_not_begin_like_one_is_refused(string text)
    {
        await using var site = await GatewaySite.OpenAsync();
        using var client = site.Client();
        var content = await client.Content.PutAsync(BinaryData.FromBytes(System.Text.Encoding.Latin1.GetBytes(text)), Cancellation);
        using var http = site.Http(site.Viewer);
        using var answer = await http.GetAsync(AddressOf(content.Digest), Cancellation);
        Assert.Equal((HttpStatusCode.UnsupportedMediaType, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Contains($"contents/{content.Digest}", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_stored_is_not_found()
    {
        await using var site = await GatewaySite.OpenAsync();
        using var http = site.Http(site.Viewer);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(AddressOf(new string('0', 64)), Cancellation)).StatusCode);
    }

    private static Uri AddressOf(string digest) => new($"{Api.Prefix}/pictures/{digest}", UriKind.Relative);
}
