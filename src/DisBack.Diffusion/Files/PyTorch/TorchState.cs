using System.Globalization;
using System.Text.Json.Nodes;
using DisBack.Specs.Networks;

namespace DisBack.Diffusion.Files.PyTorch;

/// <summary>The tensors in what a pickle holds, and the networks of EDM's whose settings it tells.</summary>
internal sealed class TorchState
{
    /// <summary>Optimizers are some five levels deep, EDM's networks seven.</summary>
    private const int MostLevels = 64;

    /// <summary>A value may be in another any number of times, and is looked at each time.</summary>
    private const int MostVisits = 2_000_000;

    /// <summary>Each level of names makes the names below it longer.</summary>
    private const int LongestName = 4096;

    /// <summary>EDM's networks have some 30 arguments, short texts and lists of a few numbers.</summary>
    private const int MostArguments = 100;

    /// <summary>The end of the names of EDM's classes that make a denoiser of a network, and know its settings.</summary>
    private const string Preconditioned = "Precond";

    private readonly Dictionary<string, TorchTensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _networks = new(StringComparer.Ordinal);
    private readonly string _file;
    private int _visits;

    private TorchState(string file) => _file = file;

    /// <summary>Every tensor under its name.</summary>
    public IReadOnlyDictionary<string, TorchTensor> Tensors => _tensors;

    /// <summary>The settings of EDM's networks, by what the names of their tensors begin with.</summary>
    public IReadOnlyDictionary<string, string> Networks => _networks;

    /// <summary>What is in a value.</summary>
    /// <exception cref="DisBackException">There is no tensor in it, or two have one name.</exception>
    public static TorchState Of(object? root, string file)
    {
        var state = new TorchState(file);
        state.Visit(root, "", 0);
        return state._tensors.Count > 0
            ? state
            : throw new DisBackException($"'{file}' holds no tensor: import a file with a state_dict or a network in it.");
    }

    private void Visit(object? value, string name, int level)
    {
        if (level > MostLevels)
        {
            throw Endless();
        }
        Spend(1);
        switch (value)
        {
            case TorchTensor tensor:
                // An empty name is that of a tensor alone in its file.
                if (!_tensors.TryAdd(name, tensor))
                {
                    throw new DisBackException($"'{_file}' has two tensors under the name '{name}': write a state_dict with torch.save, and import that.");
                }
                break;
            case PickleDictionary dictionary:
                VisitItems(dictionary, name, level);
                break;
            case List<object?> or object?[]:
                var index = 0;
                foreach (var item in (IEnumerable<object?>)value)
                {
                    Visit(item, Under(name, index++.ToString(CultureInfo.InvariantCulture)), level + 1);
                }
                break;
            case PickleObject { Class: TorchNames.Persistent, Arguments: [PickleDictionary meta] }:
                Spend(meta.Items.Count);
                if (meta.Find<PickleDictionary>("state") is { } persistent)
                {
                    VisitModule(persistent, name, level);
                    if (SettingsOf(meta.Find<string>("class_name"), persistent) is { } settings)
                    {
                        _networks[name] = settings;
                    }
                }
                break;
            case PickleObject { State: PickleDictionary attributes }:
                VisitModule(attributes, name, level);
                break;
        }
    }

    /// <summary>The last value of each key; keys that are neither text nor numbers hold no tensors that anything could name.</summary>
    private void VisitItems(PickleDictionary dictionary, string name, int level)
    {
        Spend(dictionary.Items.Count);
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in dictionary.Items)
        {
            if ((key is long number ? number.ToString(CultureInfo.InvariantCulture) : key as string) is { } text)
            {
                values[text] = value;
            }
        }
        foreach (var (key, value) in values)
        {
            Visit(value, Under(name, key), level + 1);
        }
    }

    /// <summary>What the state_dict of a module has: torch/nn/modules/module.py.</summary>
    private void VisitModule(PickleDictionary attributes, string name, int level)
    {
        Spend(attributes.Items.Count);
        var listed = attributes.Find<List<object?>>("_non_persistent_buffers_set") ?? [];
        Spend(listed.Count);
        var hidden = listed.OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var part in new[] { "_parameters", "_buffers", "_modules" })
        {
            if (attributes.Find<PickleDictionary>(part) is { } members)
            {
                Spend(members.Items.Count);
                var kept = new PickleDictionary();
                kept.Items.AddRange(members.Items.Where(item => part != "_buffers" || item.Key is not string buffer || !hidden.Contains(buffer)));
                VisitItems(kept, name, level);
            }
        }
    }

    /// <summary>What EDM's network was built with, as the JSON of network settings; null for other modules.</summary>
    private static string? SettingsOf(string? name, PickleDictionary attributes)
    {
        if (name?.EndsWith(Preconditioned, StringComparison.Ordinal) != true
            || attributes.Find<PickleDictionary>("_init_kwargs") is not { Items.Count: <= MostArguments } arguments)
        {
            return null;
        }
        var settings = new JsonObject { ["precond"] = EdmNames.SettingOf(name) };
        foreach (var (key, value) in arguments.Items)
        {
            // What is absent is unlimited.
            if (key is string argument && value is not double.PositiveInfinity)
            {
                settings[EdmNames.SettingOf(argument)] = Json(value);
            }
        }
        return settings.ToJsonString();
    }

    /// <summary>Numbers, texts and lists of them are arguments of networks; anything else is null and refused with the name of its argument.</summary>
    private static JsonNode? Json(object? value) => value switch
    {
        List<object?> { Count: <= MostArguments } items => new JsonArray([.. items.Select(Scalar)]),
        object?[] { Length: <= MostArguments } items => new JsonArray([.. items.Select(Scalar)]),
        _ => Scalar(value),
    };

    private static JsonNode? Scalar(object? value) => value switch
    {
        bool flag => JsonValue.Create(flag),
        long number => JsonValue.Create(number),
        double number when double.IsFinite(number) => JsonValue.Create(number),
        string { Length: <= MostArguments } text => JsonValue.Create(EdmNames.SettingOf(text)),
        _ => null,
    };

    private string Under(string name, string key) => name.Length + key.Length > LongestName
        ? throw new DisBackException($"'{_file}' has names of more than {LongestName:N0} characters: write only a state_dict with torch.save, and import that.")
        : name.Length == 0 ? key : $"{name}.{key}";

    /// <summary>So many more values are looked at.</summary>
    private void Spend(int visits)
    {
        _visits += visits;
        if (_visits > MostVisits)
        {
            throw Endless();
        }
    }

    private DisBackException Endless() =>
        new($"'{_file}' has values within values without an end: write only a state_dict with torch.save, and import that.");
}
