using System.Collections.Immutable;

namespace DisBack.Contracts.Grains;

/// <summary>
/// Finds workers that can put back contents which are damaged in the blob store. Soft state, rebuilt from the workers' reports. Key:
/// <see cref="GrainKeys.ContentRepair"/>.
/// </summary>
[Alias("disback.IContentRepairGrain")]
public interface IContentRepairGrain : IGrainWithStringKey
{
    /// <summary>What a worker found damaged and what it has, every few seconds.</summary>
    /// <returns>Digests that another worker found damaged and that this one has in its cache: it is to put them back.</returns>
    [Alias("Report")]
    Task<ImmutableArray<string>> ReportAsync(ContentReport report);
}

/// <summary>What a worker knows of contents.</summary>
/// <param name="Worker">Its silo.</param>
/// <param name="Damaged">Digests that it could not fetch because what is stored is damaged.</param>
/// <param name="Cached">Digests in its weight cache.</param>
[GenerateSerializer, Immutable, Alias("disback.ContentReport.v1")]
public sealed record ContentReport(
    [property: Id(0)] SiloAddress Worker, [property: Id(1)] ImmutableArray<string> Damaged, [property: Id(2)] ImmutableArray<string> Cached);
