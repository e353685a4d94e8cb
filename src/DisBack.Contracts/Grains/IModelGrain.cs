using DisBack.Contracts.Documents;

namespace DisBack.Contracts.Grains;

/// <summary>A registered model of pictures. Key: its name.</summary>
[Alias("disback.IModelGrain")]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>Registers a model whose files are in the content store. The same files again change nothing; others under a taken name are refused.</summary>
    /// <returns>The document; compare its manifest with the one offered to see a refusal.</returns>
    [Alias("Register")]
    Task<ModelDocument> RegisterAsync(ModelManifest manifest);

    /// <summary>Makes the name free. Drawings that were submitted before are drawn all the same; contents stay.</summary>
    /// <returns>False where there is no such model.</returns>
    [Alias("Delete")]
    Task<bool> DeleteAsync();

    /// <summary>The document; null where there is no such model.</summary>
    [Alias("Get")]
    Task<ModelDocument?> GetAsync();
}
