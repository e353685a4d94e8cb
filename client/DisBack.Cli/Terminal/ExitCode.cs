using System.ComponentModel;

namespace DisBack.Cli.Terminal;

/// <summary>What the exit code of <c>disback</c> says; scripts depend on these numbers.</summary>
internal enum ExitCode
{
    [Description("done")]
    Ok = 0,

    [Description("an error of DisBack itself")]
    InternalError = 1,

    [Description("the command line is wrong")]
    Usage = 2,

    [Description("the spec, a file or another input is invalid")]
    Invalid = 3,

    [Description("nothing has that name, or several things do")]
    NotFound = 4,

    [Description("the run failed")]
    RunFailed = 5,

    [Description("the run was cancelled")]
    Cancelled = 6,

    [Description("another process holds the data folder")]
    DataFolderInUse = 7,

    [Description("storage failed: the disk is full, or stored bytes are damaged")]
    Storage = 8,

    [Description("the cluster does not answer, or no process hosts the run that is watched")]
    ClusterUnavailable = 9,

    [Description("the cluster refuses the token")]
    NotPermitted = 10,

    [Description("stopped by the end of the terminal (SIGHUP)")]
    HungUp = 129,

    [Description("stopped by Ctrl-C (SIGINT)")]
    Interrupted = 130,

    [Description("stopped by SIGTERM")]
    Terminated = 143,
}
