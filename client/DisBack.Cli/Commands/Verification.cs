using DisBack.Client;
using DisBack.Storage;
using DisBack.Storage.Content;

namespace DisBack.Cli.Commands;

/// <summary>Reads stored bytes and says of each whether they are what their digest names.</summary>
internal static class Verification
{
    /// <returns>Whether all of them are intact.</returns>
    public static async Task<bool> RunAsync(Screen screen, DataFolder folder, IEnumerable<(string What, ContentRef Content)> contents, CancellationToken cancellation)
    {
        var intact = true;
        foreach (var (what, content) in contents)
        {
            try
            {
                await folder.Content.VerifyAsync(content, cancellation);
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
