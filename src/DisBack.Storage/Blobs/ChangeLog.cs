using System.Globalization;
using System.Text;
using DisBack.Storage.Local;

namespace DisBack.Storage.Blobs;

/// <summary>
/// The names of the documents of a folder that were written or deleted, in a file: whoever knows a place in it looks only at what is named behind it, and not
/// at a hundred thousand documents.
/// </summary>
/// <remarks>
/// A name is written before its document changes, and the file is locked from before the name until after the change. The lock is the operating system's, which
/// ends it with the process. So whoever has the lock knows that every document that is named has changed already or never will, wherever its writer was
/// killed, and at worst a name too much is there. Nothing is synced: after the machine itself has ended, names may be missing, so the file says in which boot
/// of which machine it was begun, and counts for nothing in any other. A file that is missing, damaged, too long or of another boot is begun anew under
/// another generation, and a place of another generation is answered with everything.
/// </remarks>
/// <param name="root">The folder of the store.</param>
internal sealed class ChangeLog(string root)
{
    /// <summary>Its only file is none of a blob's, because of the sign that its name starts with.</summary>
    private const string Folder = ".changes";

    /// <summary>
    /// Some hundred thousand names, read in a hundredth of a second. A log that is begun anew costs each reader one look at everything, which is little beside
    /// so many writes.
    /// </summary>
    private const int LongestLog = 8 << 20;

    /// <summary>The next form of the file must have another.</summary>
    private const string Form = "disback-changes-1";

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_writerTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_readerTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Null where a system does not tell its boots apart: there no log is kept.</summary>
    private static readonly string? s_boot = ReadBoot();

    private static readonly int s_headLength = HeadOf(Guid.Empty).Length;

    /// <summary>Shared by all stores of the process, because the lock of a file is found taken at once, and is then only tried again after a pause.</summary>
    private static readonly Lock[] s_gates = [.. Enumerable.Range(0, 16).Select(_ => new Lock())];

    private readonly string _file = Path.Combine(root, Folder, $"{BlobNames.TemporaryMark}log");
    private readonly Lock _gate = s_gates[(uint)string.GetHashCode(root, StringComparison.Ordinal) % (uint)s_gates.Length];

    /// <summary>Changes a blob; if it is a document, its name is written first.</summary>
    /// <param name="name">The blob.</param>
    /// <param name="change">Makes the new version visible, or deletes the old one.</param>
    public void Change(string name, Action change)
    {
        if (!name.StartsWith(BlobNames.Documents, StringComparison.Ordinal))
        {
            change();
            return;
        }
        lock (_gate)
        {
            using var log = HoldToWrite($"the document '{name}'");
            Append(log, name);
            change();
        }
    }

    /// <summary>What may have changed since a position that an earlier answer gave.</summary>
    /// <param name="since">The position; null has seen nothing.</param>
    public BlobChanges Read(string? since)
    {
        // Who only reads creates nothing: the first change begins the log.
        if (s_boot is null || !File.Exists(_file))
        {
            return BlobChanges.Unknown;
        }
        try
        {
            lock (_gate)
            {
                using var log = Hold(FileMode.Open, s_readerTimeout);
                return log is null ? BlobChanges.Unknown : Read(log, since);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that may only be read or that was just deleted, or a full disk.
            return BlobChanges.Unknown;
        }
    }

    /// <summary>Has whoever asks next look at everything.</summary>
    public void Forget()
    {
        if (File.Exists(_file))
        {
            lock (_gate)
            {
                using var log = HoldToWrite("what has changed");
                log.SetLength(0);
            }
        }
    }

    private static BlobChanges Read(FileStream log, string? since)
    {
        var generation = GenerationOf(log) ?? Begin(log);
        var end = log.Length;
        var position = string.Create(CultureInfo.InvariantCulture, $"{generation:n}:{end}");
        if (since?.Split(':') is not [var known, var place] || known != generation.ToString("n")
            || !long.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var start) || start < s_headLength || start > end)
        {
            return new(position, null);
        }
        var bytes = new byte[end - start];
        log.Position = start;
        log.ReadExactly(bytes);
        return new(position, Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal));
    }

    private static void Append(FileStream log, string name)
    {
        if (s_boot is null)
        {
            // Another system that shares the folder may keep one.
            log.SetLength(0);
            return;
        }
        try
        {
            if (GenerationOf(log) is null || log.Length > LongestLog)
            {
                Begin(log);
            }
            // The line before may have been cut off with its writer.
            log.Position = log.Length;
            log.Write(Encoding.UTF8.GetBytes($"\n{name}\n"));
        }
        catch (IOException)
        {
            // A full disk must not keep anybody from deleting. An empty log has everybody look at everything.
            log.SetLength(0);
        }
    }

    /// <summary>Null if the log says nothing about what has changed since this boot.</summary>
    private static Guid? GenerationOf(FileStream log)
    {
        var head = new byte[s_headLength];
        log.Position = 0;
        return log.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length
            && Guid.TryParseExact(Encoding.UTF8.GetString(head.AsSpan(head.Length - 33, 32)), "n", out var generation)
            && head.AsSpan().SequenceEqual(HeadOf(generation))
                ? generation
                : null;
    }

    private static Guid Begin(FileStream log)
    {
        var generation = Guid.NewGuid();
        log.SetLength(0);
        log.Position = 0;
        log.Write(HeadOf(generation));
        return generation;
    }

    private static byte[] HeadOf(Guid generation) => Encoding.UTF8.GetBytes($"{Form} {s_boot} {generation:n}\n");

    private FileStream HoldToWrite(string what) => Hold(FileMode.OpenOrCreate, s_writerTimeout) ?? throw new StorageException(
        $"In '{root}' {what} could not be changed within {s_writerTimeout.TotalSeconds:0} s, because another process has locked '{_file}'; see what else works "
            + "with this folder.");

    private FileStream? Hold(FileMode mode, TimeSpan timeout)
    {
        if (mode == FileMode.OpenOrCreate)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        }
        var clock = TimeProvider.System;
#pragma warning disable RS0030 // On a pool thread that the file system blocks as well, inside a lock.
        for (var started = clock.GetTimestamp(); clock.GetElapsedTime(started) < timeout; Thread.Sleep(s_pause))
#pragma warning restore RS0030
        {
            if (DurableFile.TryOpen(_file, mode, FileAccess.ReadWrite, FileShare.None) is { } held)
            {
                return held;
            }
        }
        return null;
    }

    private static string? ReadBoot()
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
