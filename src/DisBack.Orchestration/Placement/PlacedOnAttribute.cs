using Orleans.Metadata;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace DisBack.Orchestration.Placement;

/// <summary>Activations of the grain go to silos of a role only. Which of them is the default placement's choice, or the hint's.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class PlacedOnAttribute(SiloRole role) : PlacementFilterAttribute(new RoleFilter(role));

/// <summary>The demand of <see cref="PlacedOnAttribute"/>, as it travels in the grain's properties.</summary>
internal sealed class RoleFilter() : PlacementFilterStrategy(order: 0)
{
    private const string RoleKey = "disback-role";

    public RoleFilter(SiloRole role)
        : this() => Role = role;

    public SiloRole Role { get; private set; }

    public override void AdditionalInitialize(GrainProperties properties) =>
        Role = Enum.Parse<SiloRole>(GetPlacementFilterGrainProperty(RoleKey, properties)!);

    protected override IEnumerable<KeyValuePair<string, string>> GetAdditionalGrainProperties(
        IServiceProvider services, Type grainClass, GrainType grainType, IReadOnlyDictionary<string, string> existingProperties) =>
        [new(RoleKey, Role.ToString())];
}

/// <summary>Keeps the silos whose metadata say that they have the role.</summary>
internal sealed class RoleFilterDirector(ISiloMetadataCache metadata) : IPlacementFilterDirector
{
    /// <summary>The key of a silo's metadata under which its role is.</summary>
    public const string MetadataKey = "disback.role";

    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos)
    {
        SiloAddress[] known = [.. silos];
        // Whoever hints at a silo has had a message from it; its metadata may take a while to come here, for they are asked for one silo after the other.
        return IPlacementDirector.GetPlacementHint(target.RequestContextData, known) is { } meant
            ? [meant]
            : known.Where(silo => Has(metadata, silo, ((RoleFilter)filterStrategy).Role));
    }

    /// <summary>Whether a silo is known to have a role.</summary>
    public static bool Has(ISiloMetadataCache metadata, SiloAddress silo, SiloRole role) =>
        metadata.GetSiloMetadata(silo).Metadata.TryGetValue(MetadataKey, out var text) && Enum.TryParse<SiloRole>(text, out var has) && has.HasFlag(role);
}
