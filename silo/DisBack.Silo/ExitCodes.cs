namespace DisBack.Silo;

/// <summary>What the exit code of a silo means to whoever restarts it. A crash has the code of its signal.</summary>
internal static class ExitCodes
{
    /// <summary>Stopped on request, in good order.</summary>
    public const int Stopped = 0;

    /// <summary>Start it again: it stopped itself because it is not a member of the cluster any more.</summary>
    public const int Restart = 75;

    /// <summary>Starting it again is of no use before its configuration is changed.</summary>
    public const int Refused = 78;
}
