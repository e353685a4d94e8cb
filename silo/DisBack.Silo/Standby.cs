using System.ComponentModel;
using System.Diagnostics;

namespace DisBack.Silo;

/// <summary>
/// A second process of a supervised silo, which has loaded and compiled everything and has joined nothing: when the silo dies, a byte on its standard
/// input makes it the silo, in a fraction of the time that a new process takes.
/// </summary>
internal sealed class Standby
{
    private const byte Promotion = (byte)'!';

    private Standby(Task<bool> promoted) => Promoted = promoted;

    /// <summary>Completes with true when this process is to be the silo, with false when the supervisor has ended.</summary>
    public Task<bool> Promoted { get; }

    /// <summary>This process as a standby; null where it runs the silo from the start.</summary>
    public static Standby? OfThisProcess() => Environment.GetEnvironmentVariable(Supervised.Variable) == Supervised.StandsBy
        // Away from the caller: a read of the console blocks its thread. What comes after that byte is the silo's to read.
        ? new(Task.Run(() =>
        {
            using var parent = Console.OpenStandardInput();
            return parent.ReadByte() == Promotion;
        }))
        : null;

    /// <summary>Makes a standby the silo; false where there is none, or it has ended.</summary>
    public static bool TryPromote(Process? standby)
    {
        if (standby is null or { HasExited: true })
        {
            standby?.Dispose();
            return false;
        }
        try
        {
            standby.StandardInput.BaseStream.WriteByte(Promotion);
            standby.StandardInput.BaseStream.Flush();
            return true;
        }
        catch (Exception e) when (e is IOException or Win32Exception)
        {
            // It has ended in between.
            standby.Dispose();
            return false;
        }
    }
}
