using DisBack.Diffusion.Files;
using DisBack.Sdxl.Configuration;
using DisBack.Specs.Files;
using DisBack.Specs.Reading;
using static TorchSharp.torch;

namespace DisBack.Sdxl.Adapters;

/// <summary>Finds the module of each tensor of a file, which is not trusted: whatever has no place or does not fit is refused before a value is read.</summary>
internal static class LoraModules
{
    /// <summary>The modules in the order of the networks.</summary>
    /// <exception cref="DisBackException">A tensor has no module, or one of another shape, or a file beside this one is missing.</exception>
    public static IReadOnlyList<LoraModule> Of(SafetensorsFile file, IReadOnlyList<AdapterPart> parts)
    {
        var tensors = new Dictionary<(AdapterPart Part, string Path), Dictionary<LoraRole, string>>();
        foreach (var name in file.Entries.Keys)
        {
            var (module, role) = LoraNames.Split(name, file.Path);
            var part = parts.FirstOrDefault(part => part.Paths.ContainsKey(module)) ?? throw Unknown(name, module, file, parts);
            var path = part.Paths[module];
            if (!tensors.TryGetValue((part, path), out var roles))
            {
                tensors.Add((part, path), roles = []);
            }
            if (!roles.TryAdd(role, name))
            {
                throw new DisBackException($"'{roles[role]}' and '{name}' of '{file.Path}' are the same tensor of one module: the file is damaged.");
            }
        }
        if (tensors.Count == 0)
        {
            throw new DisBackException($"'{file.Path}' has no tensor: it is no LoRA.");
        }
        return [.. parts.SelectMany(part => Of(file, part, SettingsOf(file, part), tensors))];
    }

    private static IEnumerable<LoraModule> Of(
        SafetensorsFile file, AdapterPart part, LoraSettings settings, Dictionary<(AdapterPart Part, string Path), Dictionary<LoraRole, string>> tensors)
    {
        var paths = part.Layers.Keys.Where(path => tensors.ContainsKey((part, path))).ToArray();
        if (settings.Patterns.Keys.FirstOrDefault(pattern => !paths.Any(path => LoraSettings.Means(pattern, path))) is { } lost)
        {
            throw new DisBackException($"'alpha_pattern' of '{file.Path}' has '{lost}', which is no module that the file adapts: its strength would be wrong.");
        }
        foreach (var path in paths)
        {
            var roles = tensors[(part, path)];
            var layer = part.Layers[path];
            var (down, up) = (Factor(LoraRole.Down), Factor(LoraRole.Up));
            var weights = layer.Weights.shape;
            var rank = file.Entries[down].Shape is [> 0 and var first, ..] ? first : 1;
            RequireShape(down, [rank, .. weights[1..]]);
            RequireShape(up, [weights[0], rank, .. Enumerable.Repeat(1L, weights.Length - 2)]);
            var scale = roles.TryGetValue(LoraRole.Alpha, out var alpha) ? Number(alpha) / rank : settings.ScaleOf(path, rank);
            if (!double.IsFinite(scale))
            {
                throw new DisBackException($"The alpha of '{down}' of '{file.Path}' is not finite: the file is damaged.");
            }
            yield return new(part, path, layer, down, up, scale);

            string Factor(LoraRole role) => roles.TryGetValue(role, out var name) ? name : throw new DisBackException(
                $"'{file.Path}' has '{roles.Values.First()}' without the other factor of the product: the file is damaged.");
        }

        void RequireShape(string name, IReadOnlyList<long> shape)
        {
            if (!file.Entries[name].Shape.SequenceEqual(shape))
            {
                throw Misshapen(name, $"[{string.Join(", ", shape)}]");
            }
            RequireFloatingPoint(name);
        }

        double Number(string name)
        {
            if (file.Entries[name].Elements != 1)
            {
                throw Misshapen(name, "[]");
            }
            RequireFloatingPoint(name);
            using var scope = NewDisposeScope();
            return file.Read(name).to(ScalarType.Float64).item<double>();
        }

        void RequireFloatingPoint(string name)
        {
            if (!file.Entries[name].Type.IsFloatingPoint())
            {
                throw new DisBackException($"Tensor '{name}' of '{file.Path}' has the element type {file.Entries[name].Type}, where a LoRA has floating-point "
                    + "numbers: the file is damaged.");
            }
        }

        DisBackException Misshapen(string name, string shape) => new($"Tensor '{name}' of '{file.Path}' has the shape "
            + $"[{string.Join(", ", file.Entries[name].Shape)}] where {shape} is needed: the LoRA belongs to another model.");
    }

    private static LoraSettings SettingsOf(SafetensorsFile file, AdapterPart part)
    {
        if (file.Metadata.TryGetValue(LoraSettings.HeaderKey, out var json))
        {
            return LoraSettings.Read(ConfigReader.Parse(json, $"{LoraSettings.HeaderKey} of {file.Path}"), part.Name + ".");
        }
        if (!file.Entries.Keys.Any(name => name.StartsWith(AdapterPart.PeftPrefix, StringComparison.Ordinal)))
        {
            return LoraSettings.None;
        }
        return LoraSettings.Read(ConfigReader.Open(Path.Combine(Path.GetDirectoryName(file.Path) ?? "", LoraSettings.PeftFile)), "");
    }

    private static DisBackException Unknown(string name, string module, SafetensorsFile file, IReadOnlyList<AdapterPart> parts)
    {
        var nearest = NearestName.Of(module, parts.SelectMany(part => part.Paths.Keys));
        return new($"Tensor '{name}' of '{file.Path}' has no module in the {string.Join(", ", parts.Select(part => part.Name))}"
            + $"{(nearest is null ? "" : $", where '{nearest}' is nearest")}: the LoRA belongs to another model.");
    }
}
