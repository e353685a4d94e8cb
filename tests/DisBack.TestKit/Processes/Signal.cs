namespace DisBack.TestKit.Processes;

/// <summary>What can be sent to a child, with the numbers of Linux.</summary>
public enum Signal
{
    Interrupt = 2,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
