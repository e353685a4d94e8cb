using System.Globalization;
using DisBack.Cli.Terminal;
using DisBack.Sdxl.Encodings;

namespace DisBack.Cli.Prompts;

/// <summary>Shows how far an encoding is, and at the end what came of it.</summary>
internal sealed class EncodingReport(Session session)
{
    private readonly WorkProgress _progress = new(session);

    /// <summary>Encodes.</summary>
    /// <param name="output">The file.</param>
    /// <param name="rows">What it has rows of, for example prompts.</param>
    /// <param name="encode">The work.</param>
    public void Of(string output, string rows, Func<Action<EncodingProgress>, CancellationToken, EncodedFile> encode)
    {
        var file = _progress.Of(() => encode(Tell, session.Signals.Stopping));
        foreach (var note in file.Notes)
        {
            session.Screen.Error.WriteLine($"disback: {note}");
        }
        session.Screen.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{output}: {file.Count:N0} {rows}, {file.Content.Length:N0} bytes, {file.Content.Name}"
                + $"{(file.WasThere ? "; it was made of the same before, and nothing was done" : "")}."));
    }

    private void Tell(EncodingProgress progress) => _progress.Tell(
        progress.Phase switch
        {
            EncodingPhase.Listing => "pictures and captions read",
            EncodingPhase.Texts => "texts",
            EncodingPhase.Pictures => "pictures",
            EncodingPhase.Latents => "latents",
            _ => "bytes of the digest",
        },
        progress.Done,
        progress.Of);
}
