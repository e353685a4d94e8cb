using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using DisBack.Cli.Installations;
using DisBack.Storage.Metrics;
using Google.Protobuf;
using Tensorboard;

namespace DisBack.Cli.Scalars;

/// <summary>
/// An event file of TensorBoard: records of TFRecord, each an event. TorchSharp has the classes of events. Its <c>SummaryWriter</c> has times of single
/// precision and steps of 32 bits, and opens the file anew for each value.
/// </summary>
internal sealed class EventFile : ScalarFile
{
    private const string Version = "brain.Event:2";
    private const string TextPlugin = "text";
    private const int LengthBytes = sizeof(ulong);
    private const int ChecksumBytes = sizeof(uint);

    private readonly RecordFile _file;

    /// <param name="folder">The folder of the run's files.</param>
    /// <param name="began">When the run measured something first.</param>
    public EventFile(string folder, DateTimeOffset began)
    {
        // TensorBoard reads the files of a folder in the order of their names, in which it expects the time.
        _file = new RecordFile(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{began.ToUnixTimeSeconds()}.disback")));
        Append(new Event { WallTime = Seconds(began), FileVersion = Version });
    }

    public override void Append(ScalarRow row)
    {
        // What is measured together has one time, and an evaluation of the same step a later one.
        Event? record = null;
        foreach (var point in row.Points)
        {
            var time = Seconds(point.Time);
            if (record?.WallTime != time)
            {
                Append(record);
                record = new Event { WallTime = time, Step = row.Step, Summary = new Summary() };
            }
            record.Summary.Value.Add(new Summary.Types.Value { Tag = point.Name, SimpleValue = (float)point.Value });
        }
        Append(record);
        foreach (var happened in row.Events)
        {
            Append(new Event { WallTime = Seconds(happened.Time), Step = row.Step, Summary = new Summary { Value = { Text(happened) } } });
        }
    }

    public override void Flush(string folder, RunTarget run) => _file.Flush();

    public override void Dispose() => _file.Dispose();

    /// <summary>A text as the plugin for texts expects it: a tensor of one string.</summary>
    private static Summary.Types.Value Text(MetricEvent happened) => new()
    {
        Tag = happened.Kind,
        Metadata = new SummaryMetadata { PluginData = new SummaryMetadata.Types.PluginData { PluginName = TextPlugin } },
        Tensor = new TensorProto
        {
            Dtype = DataType.DtString,
            TensorShape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dim { Size = 1 } } },
            StringVal = { ByteString.CopyFromUtf8(happened.Text) },
        },
    };

    private static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalSeconds;

    /// <summary>A record: the length of the event, the event, and a checksum behind each.</summary>
    private void Append(Event? happened)
    {
        if (happened is null)
        {
            return;
        }
        var data = happened.ToByteArray();
        var record = new byte[LengthBytes + ChecksumBytes + data.Length + ChecksumBytes];
        var head = record.AsSpan(0, LengthBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(LengthBytes), Checksum(head));
        data.CopyTo(record, LengthBytes + ChecksumBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(LengthBytes + ChecksumBytes + data.Length), Checksum(data));
        _file.Append(record);
    }

    /// <summary>CRC-32C, turned and moved: TFRecord's guard against checksums of data that hold checksums.</summary>
    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }
        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8;
    }
}
