using DisBack.Specs.Files;

namespace DisBack.Diffusion.Data;

/// <summary>
/// The binary form of CIFAR-10: records of a class, one byte, and 32 x 32 pixels of three planes. A folder stands for its training batches,
/// <c>data_batch_*.bin</c>.
/// </summary>
internal static class CifarFile
{
    public const int Side = 32, Channels = 3, Classes = 10;

    private const int Pixels = Channels * Side * Side, Record = 1 + Pixels;
    private const long MostBytes = 1L << 30;
    private const string Batches = "data_batch_*.bin";

    /// <summary>Pixels [N,3,32,32] and classes [N], as bytes.</summary>
    /// <exception cref="DisBackException">A file is missing, or is not of this form.</exception>
    public static (byte[] Images, byte[] Labels) Read(string path)
    {
        string[] files = Directory.Exists(path) ? [.. Directory.GetFiles(path, Batches).Order(StringComparer.Ordinal)] : [path];
        if (files.Length == 0)
        {
            throw new DisBackException($"{path} holds no {Batches}: name the folder that the binary version of CIFAR-10 unpacks to, or one of its files.");
        }
        using var images = new MemoryStream();
        using var labels = new MemoryStream();
        foreach (var file in files)
        {
            var bytes = RegularFile.ReadAllBytes(file, MostBytes);
            if (bytes.Length == 0 || bytes.Length % Record != 0)
            {
                throw Foreign($"{file} has {bytes.Length:N0} bytes where CIFAR-10 has {Record:N0} for each image");
            }
            for (var at = 0; at < bytes.Length; at += Record)
            {
                if (bytes[at] >= Classes)
                {
                    throw Foreign($"{file} has the class {bytes[at]} at byte {at:N0} where CIFAR-10 has 0 to 9");
                }
                labels.WriteByte(bytes[at]);
                images.Write(bytes, at + 1, Pixels);
            }
        }
        return (images.ToArray(), labels.ToArray());

        static DisBackException Foreign(string what) => new($"{what}: name a file of its binary version.");
    }
}
