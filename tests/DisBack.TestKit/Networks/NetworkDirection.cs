namespace DisBack.TestKit.Networks;

/// <summary>Which packets of a host are lost, seen from the host.</summary>
[Flags]
public enum NetworkDirection
{
    /// <summary>Those that come in.</summary>
    In = 1,

    /// <summary>Those that go out.</summary>
    Out = 2,

    /// <summary>All.</summary>
    Both = In | Out,
}
