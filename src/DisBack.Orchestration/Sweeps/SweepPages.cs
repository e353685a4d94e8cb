using DisBack.Contracts.Documents;
using DisBack.Contracts.Grains;
using DisBack.Storage.Blobs;
using DisBack.Storage.Documents;

namespace DisBack.Orchestration.Sweeps;

/// <summary>
/// The trials of a sweep in pages of <see cref="SweepPage.Size"/>, each a document: what changes in one of ten thousand trials rewrites one small page.
/// </summary>
/// <remarks>A page is written under its ETag, so an activation that another has replaced cannot undo what that one wrote.</remarks>
/// <param name="blobs">Where the pages lie.</param>
/// <param name="sweep">The sweep's id.</param>
internal sealed class SweepPages(IBlobStore blobs, string sweep)
{
    private readonly List<SweepTrial> _trials = [];
    private readonly List<string?> _etags = [];
    private readonly SortedSet<int> _changed = [];

    /// <summary>The trials by their ordinals.</summary>
    public IReadOnlyList<SweepTrial> Trials => _trials;

    /// <summary>Reads all pages.</summary>
    public async Task LoadAsync()
    {
        _trials.Clear();
        _etags.Clear();
        _changed.Clear();
        while (await blobs.ReadAsync(NameOf(_etags.Count)) is { } page)
        {
            _trials.AddRange(StateDocument.Parse<SweepPage>(blobs.Location, NameOf(_etags.Count), page.Content)!.Trials);
            _etags.Add(page.ETag);
        }
    }

    /// <summary>Appends a trial.</summary>
    public void Add(SweepTrial trial)
    {
        _trials.Add(trial);
        if (_etags.Count * SweepPage.Size < _trials.Count)
        {
            _etags.Add(null);
        }
        _changed.Add(_etags.Count - 1);
    }

    /// <summary>Replaces the trial of the same ordinal.</summary>
    public void Replace(SweepTrial trial)
    {
        _trials[trial.Ordinal] = trial;
        _changed.Add(trial.Ordinal / SweepPage.Size);
    }

    /// <summary>Writes the pages that have changed, the earlier ones first.</summary>
    public async Task FlushAsync()
    {
        while (_changed.Count > 0)
        {
            var page = _changed.Min;
            _changed.Remove(page);
            try
            {
                var content = StateDocument.Write(new SweepPage { Trials = [.. _trials.Skip(page * SweepPage.Size).Take(SweepPage.Size)] });
                _etags[page] = await blobs.WriteAsync(
                    NameOf(page), content, _etags[page] is { } etag ? BlobCondition.Unchanged(etag) : BlobCondition.Missing);
            }
            catch
            {
                _changed.Add(page);
                throw;
            }
        }
    }

    /// <summary>Deletes all pages, the last one first: what an interruption leaves has no gaps.</summary>
    public async Task DeleteAsync()
    {
        for (var page = _etags.Count - 1; page >= 0; page--)
        {
            await blobs.DeleteAsync(NameOf(page), BlobCondition.None);
        }
        await LoadAsync();
    }

    private string NameOf(int page) =>
        StateNames.Of(DocumentNames.Service, DocumentNames.SweepPage, GrainKeys.SweepPage(sweep, page), DocumentNames.SweepPage);
}
