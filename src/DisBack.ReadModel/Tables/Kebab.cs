using System.Text.Json;

namespace DisBack.ReadModel.Tables;

/// <summary>Names of choices as documents and questions write them.</summary>
internal static class Kebab
{
    /// <summary>The name of a value, in lower case with hyphens.</summary>
    public static string Of<T>(T value) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
