namespace DisBack.TestKit.Silos;

/// <summary>What a silo does, as its configuration spells it.</summary>
public enum SiloRole
{
    Control,
    Worker,
    Both,
}
