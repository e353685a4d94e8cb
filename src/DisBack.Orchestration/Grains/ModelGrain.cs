using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Orchestration.Placement;

namespace DisBack.Orchestration.Grains;

/// <inheritdoc cref="IModelGrain"/>
[GrainType(DocumentNames.Model), PlacedOn(SiloRole.Control)]
internal sealed class ModelGrain([PersistentState(DocumentNames.Model, DocumentNames.Storage)] IPersistentState<ModelDocument> document, TimeProvider time)
    : Grain, IModelGrain
{
    public async Task<ModelDocument> RegisterAsync(ModelManifest manifest)
    {
        if (document.State.Registered == default)
        {
            manifest.Check();
            document.State = new() { Id = this.GetPrimaryKeyString(), Registered = time.GetUtcNow(), Manifest = manifest };
            try
            {
                await document.WriteStateAsync();
            }
            catch
            {
                // What is not durable has not happened.
                document.State = new();
                throw;
            }
        }
        return document.State;
    }

    public async Task<bool> DeleteAsync()
    {
        if (document.State.Registered == default)
        {
            DeactivateOnIdle();
            return false;
        }
        await document.ClearStateAsync();
        DeactivateOnIdle();
        return true;
    }

    public Task<ModelDocument?> GetAsync()
    {
        if (document.State.Registered == default)
        {
            DeactivateOnIdle();
            return Task.FromResult<ModelDocument?>(null);
        }
        return Task.FromResult<ModelDocument?>(document.State);
    }
}
