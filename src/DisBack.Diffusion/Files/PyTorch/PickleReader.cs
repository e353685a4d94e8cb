using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace DisBack.Diffusion.Files.PyTorch;

/// <summary>
/// Reads Python's pickles as data: the machine of pickletools with the opcodes of protocols 2 to 5, whose functions and classes are those of
/// <see cref="IPickleNames"/> and no other.
/// </summary>
/// <remarks>
/// A value is null, a bool, a long, a <see cref="BigInteger"/>, a double, a string, a list (<c>List&lt;object?&gt;</c>, also for a set), a tuple
/// (<c>object?[]</c>), a <see cref="PickleDictionary"/>, <see cref="PickleBytes"/>, or what a name stands for. Values may contain themselves. The libraries for
/// pickles make objects of any class, or dictionaries in their place, and allocate what a length in the file asks for.
/// </remarks>
/// <param name="stream">Where the pickle lies, from the next byte on; must seek.</param>
/// <param name="end">The first byte after what may be read.</param>
/// <param name="file">What to call the file in messages.</param>
/// <param name="names">What the names in it mean.</param>
internal sealed class PickleReader(Stream stream, long end, string file, IPickleNames names)
{
    /// <summary>SDXL's training states have some 200,000. What is read takes about 100 bytes each.</summary>
    private const int MostObjects = 1_000_000;

    private const int HighestProtocol = 5;

    private readonly List<object?> _stack = [];
    private readonly Stack<int> _marks = new();
    private readonly Dictionary<uint, object?> _memo = [];
    private long _at;
    private int _objects;

    /// <summary>Reads one pickle, up to its end, and leaves the stream behind it.</summary>
    /// <exception cref="DisBackException">It is damaged, uses a name or an opcode that is not known, or is larger than what is meant to be read.</exception>
    public object? Read()
    {
        while (true)
        {
            _at = stream.Position;
            var opcode = (PickleOpcode)Byte();
            if (opcode == PickleOpcode.Stop)
            {
                return Pop();
            }
            Take(opcode);
        }
    }

    private void Take(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Proto:
                if (Byte() is var protocol && protocol > HighestProtocol)
                {
                    throw Wrong($"is a pickle of protocol {protocol}, and {HighestProtocol} is the highest that is known");
                }
                break;
            case PickleOpcode.Frame:
                Bytes(sizeof(ulong));
                break;

            case PickleOpcode.None:
                Push(null);
                break;
            case PickleOpcode.NewTrue:
                Push(true);
                break;
            case PickleOpcode.NewFalse:
                Push(false);
                break;
            case PickleOpcode.BinInt:
                Push((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(sizeof(int))));
                break;
            case PickleOpcode.BinInt1:
                Push((long)Byte());
                break;
            case PickleOpcode.BinInt2:
                Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(sizeof(ushort))));
                break;
            case PickleOpcode.Long1:
                var number = new BigInteger(Bytes(Byte()));
                Push(number >= long.MinValue && number <= long.MaxValue ? (long)number : (object)number);
                break;
            case PickleOpcode.BinFloat:
                Push(BinaryPrimitives.ReadDoubleBigEndian(Bytes(sizeof(double))));
                break;
            case PickleOpcode.ShortBinUnicode:
                Push(Text(Byte()));
                break;
            case PickleOpcode.BinUnicode:
                Push(Text(UInt32()));
                break;
            case PickleOpcode.BinUnicode8:
                Push(Text(Length8()));
                break;
            case PickleOpcode.ShortBinBytes:
                Push(Skip(Byte()));
                break;
            case PickleOpcode.BinBytes:
                Push(Skip(UInt32()));
                break;
            case PickleOpcode.BinBytes8:
                Push(Skip(Length8()));
                break;

            case PickleOpcode.Mark:
                Count();
                _marks.Push(_stack.Count);
                break;
            case PickleOpcode.Pop:
                Pop();
                break;
            case PickleOpcode.PopMark:
                PopMarked();
                break;
            case PickleOpcode.EmptyTuple:
                Push(Array.Empty<object?>());
                break;
            case PickleOpcode.Tuple1:
                Push(Popped(1));
                break;
            case PickleOpcode.Tuple2:
                Push(Popped(2));
                break;
            case PickleOpcode.Tuple3:
                Push(Popped(3));
                break;
            case PickleOpcode.Tuple:
                Push(PopMarked());
                break;
            case PickleOpcode.EmptyList or PickleOpcode.EmptySet:
                Push(new List<object?>());
                break;
            case PickleOpcode.List or PickleOpcode.FrozenSet:
                Push(PopMarked().ToList());
                break;
            case PickleOpcode.Append:
                var last = Pop();
                Top<List<object?>>("a list").Add(last);
                break;
            case PickleOpcode.Appends or PickleOpcode.AddItems:
                var items = PopMarked();
                Top<List<object?>>("a list").AddRange(items);
                break;
            case PickleOpcode.EmptyDict:
                Push(new PickleDictionary());
                break;
            case PickleOpcode.Dict:
                var pairs = PopMarked();
                var dictionary = new PickleDictionary();
                Fill(dictionary, pairs);
                Push(dictionary);
                break;
            case PickleOpcode.SetItem:
                var pair = Popped(2);
                Fill(Top<PickleDictionary>("a dictionary"), pair);
                break;
            case PickleOpcode.SetItems:
                var more = PopMarked();
                Fill(Top<PickleDictionary>("a dictionary"), more);
                break;

            case PickleOpcode.Memoize:
                Remember((uint)_memo.Count);
                break;
            case PickleOpcode.BinPut:
                Remember(Byte());
                break;
            case PickleOpcode.LongBinPut:
                Remember(UInt32());
                break;
            case PickleOpcode.BinGet:
                Recall(Byte());
                break;
            case PickleOpcode.LongBinGet:
                Recall(UInt32());
                break;

            case PickleOpcode.Global:
                Push(Find(Line(), Line()));
                break;
            case PickleOpcode.StackGlobal:
                var name = Popped(2);
                Push(Find(As<string>(name[0], "the name of a module"), As<string>(name[1], "the name of a class")));
                break;
            case PickleOpcode.Reduce or PickleOpcode.NewObj:
                var call = Popped(2);
                Push(Call(call[0], call[1]));
                break;
            case PickleOpcode.NewObjEx:
                var named = Popped(3);
                if (named[2] is not PickleDictionary { Items.Count: 0 })
                {
                    throw Wrong("makes an object with named arguments, which nothing that holds tensors does");
                }
                Push(Call(named[0], named[1]));
                break;
            case PickleOpcode.Build:
                Build(Pop());
                break;
            case PickleOpcode.BinPersId:
                Push(names.Resolve(Pop()) ?? throw Wrong("refers to something outside the pickle that is no storage of numbers"));
                break;

            default:
                throw Wrong($"has the byte 0x{(byte)opcode:x2} where an opcode of protocols 2 to {HighestProtocol} is due");
        }
    }

    /// <summary>Attributes of an object. Those of a dictionary, as the versions of modules in a state_dict, say nothing about tensors.</summary>
    private void Build(object? state)
    {
        switch (Top<object>("an object"))
        {
            case PickleObject known:
                known.State = state;
                break;
            case PickleDictionary:
                break;
            default:
                throw Wrong("gives attributes to something that has none");
        }
    }

    private object Find(string module, string name) => names.Find($"{module}.{name}") ?? throw new DisBackException(
        $"'{file}' names '{module}.{name}' (byte {_at}), which is no tensor and no plain container: nothing in the file was run. Write only a state_dict with "
            + "torch.save, or safetensors, and import that.");

    private object? Call(object? called, object? arguments)
    {
        var function = As<PickleFunction>(called, "a function or class");
        return function.Call(As<object?[]>(arguments, "the arguments of a function"))
            ?? throw Wrong($"calls {function.Name} with arguments that it does not take");
    }

    private void Fill(PickleDictionary dictionary, object?[] pairs)
    {
        if (pairs.Length % 2 != 0)
        {
            throw Wrong("gives a dictionary a key without a value");
        }
        for (var i = 0; i < pairs.Length; i += 2)
        {
            dictionary.Items.Add((pairs[i], pairs[i + 1]));
        }
    }

    private void Remember(uint key)
    {
        Count();
        _memo[key] = Top<object?>("a value");
    }

    private void Recall(uint key) => Push(_memo.TryGetValue(key, out var known) ? known : throw Wrong($"refers to value {key}, which is not before it"));

    private void Push(object? value)
    {
        Count();
        _stack.Add(value);
    }

    /// <summary>One more thing that takes memory.</summary>
    private void Count()
    {
        if (++_objects > MostObjects)
        {
            throw Wrong($"describes more than {MostObjects:N0} objects");
        }
    }

    private object? Pop() => Popped(1)[0];

    private object?[] Popped(int count)
    {
        // What lies below the last mark belongs to what began before it.
        if (_stack.Count - (_marks.TryPeek(out var mark) ? mark : 0) < count)
        {
            throw Wrong("uses a value that is not there");
        }
        var values = _stack.GetRange(_stack.Count - count, count).ToArray();
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private object?[] PopMarked()
    {
        if (!_marks.TryPop(out var mark))
        {
            throw Wrong("ends what has not begun");
        }
        var values = _stack.GetRange(mark, _stack.Count - mark).ToArray();
        _stack.RemoveRange(mark, values.Length);
        return values;
    }

    private T Top<T>(string what) => _stack.Count > (_marks.TryPeek(out var mark) ? mark : 0) ? As<T>(_stack[^1], what) : throw Wrong("uses a value that is "
        + "not there");

    private T As<T>(object? value, string what) => value is T typed ? typed : throw Wrong($"has something else where {what} is due");

    private byte Byte()
    {
        Require(1);
        return (byte)stream.ReadByte();
    }

    private uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(sizeof(uint)));

    private long Length8() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(sizeof(ulong))) is var length and <= long.MaxValue
        ? (long)length
        : throw Wrong("has a length that cannot be");

    /// <summary>The next bytes, if there are so many.</summary>
    private byte[] Bytes(long count)
    {
        Require(count);
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private PickleBytes Skip(long count)
    {
        Require(count);
        var bytes = new PickleBytes(stream.Position, count);
        stream.Position += count;
        return bytes;
    }

    private void Require(long count)
    {
        if (count > end - stream.Position)
        {
            throw Wrong("is truncated");
        }
    }

    private string Text(long bytes)
    {
        // Python writes halves of surrogate pairs, too; no name of a tensor has them.
        const int most = 1 << 24;
        return bytes <= most ? Encoding.UTF8.GetString(Bytes(bytes)) : throw Wrong($"has a text of {bytes:N0} bytes");
    }

    /// <summary>A name that ends with its line.</summary>
    private string Line()
    {
        const int most = 1024;
        var line = new StringBuilder();
        while (Byte() is var next and not (byte)'\n')
        {
            line.Append((char)next);
            if (line.Length > most)
            {
                throw Wrong("has a name that does not end");
            }
        }
        return line.ToString();
    }

    private DisBackException Wrong(string what) =>
        new($"'{file}' {what} (byte {_at}): it is damaged or no file of PyTorch's, so fetch or make it again.");
}
