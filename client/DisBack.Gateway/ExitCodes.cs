namespace DisBack.Gateway;

/// <summary>What the exit code of a gateway means to whoever restarts it.</summary>
internal static class ExitCodes
{
    /// <summary>Stopped on request, or the token command did what it was asked for.</summary>
    public const int Stopped = 0;

    /// <summary>Starting it again is of no use before its configuration is changed.</summary>
    public const int Refused = 78;
}
