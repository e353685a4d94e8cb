using DisBack.Sdxl.Drawing;

namespace DisBack.Orchestration.Drawing;

/// <summary>The right to draw with a model, until it is given back.</summary>
internal sealed class ModelLoan(LoadedModel model, Action giveBack) : IDisposable
{
    /// <summary>Draws; on one thread from the beginning to the end.</summary>
    /// <param name="requestOf">The request, once the model that knows what is usual is there.</param>
    /// <param name="begins">Told of the model and the request, before anything is read.</param>
    /// <param name="progress">Told what is done.</param>
    /// <param name="drawn">Gets each picture, to be disposed of by the caller of it.</param>
    /// <param name="cancellation">Looked at before each evaluation of a network.</param>
    /// <exception cref="DisBackException">The request cannot be drawn, or does not fit into memory.</exception>
    public void Draw(
        Func<TextToImage, PictureRequest> requestOf,
        Action<TextToImage, PictureRequest> begins,
        Action<DrawingProgress> progress,
        Action<DrawnPicture, PictureRequest> drawn,
        CancellationToken cancellation)
    {
        try
        {
            var (drawer, isKept) = model.DrawerFor(requestOf);
            using var once = isKept ? null : drawer;
            var request = requestOf(drawer);
            begins(drawer, request);
            foreach (var picture in drawer.Draw(request, progress, cancellation))
            {
                using (picture)
                {
                    drawn(picture, request);
                }
            }
        }
        catch (DisBackException failure)
        {
            // Of the request or of a file: what was read before is as good as it was.
            throw Renamed(failure, model.Folder);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Whatever it has in memory is not to be trusted, and may be what was too much.
            model.Close();
            throw;
        }
    }

    public void Dispose() => giveBack();

    /// <summary>The failure with the model's folder left out of its message.</summary>
    public static Exception Renamed(Exception failure, string folder) =>
        failure is Storage.StorageException || !failure.Message.Contains(folder, StringComparison.Ordinal)
            ? failure
            : new DisBackException(failure.Message.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal)
                .Replace(folder, "the model", StringComparison.Ordinal), failure.InnerException);
}
