using DisBack.Cli.Terminal;
using DisBack.Storage;
using DisBack.Storage.Content;

namespace DisBack.Cli.Commands;

/// <summary>Reads stored bytes and says of each whether they are what their digest names.</summary>
internal static class Verification
{
    /// <returns>Whether all of them are intact.</returns>
    public static async Task<bool> RunAsync(
        Screen screen,
        ContentStore contents,
        IEnumerable<(string What, ContentRef Content)> addresses,
        CancellationToken cancellation)
    {
        var intact = true;
        foreach (var (what, content) in addresses)
        {
            try
            {
                await contents.VerifyAsync(content, cancellation);
                screen.Line($"intact   {content.Digest}  {what}");
            }
            catch (StorageException damage)
            {
                intact = false;
                screen.Line($"damaged  {content.Digest}  {what}");
                screen.Error.WriteLine($"disback: {damage.Message}");
            }
        }
        return intact;
    }
}
