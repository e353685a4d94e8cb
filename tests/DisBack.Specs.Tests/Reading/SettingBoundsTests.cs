using System.ComponentModel.DataAnnotations;
using DisBack.Specs.Experiments;

namespace DisBack.Specs.Tests.Reading;

/// <summary>Bounds compare what a setting is: a range of whole numbers rounds 1.4 to 1 and overflows at 1e300.</summary>
public sealed class SettingBoundsTests
{
    [Fact]
    public void No_fraction_has_a_range_of_whole_numbers()
    {
        var wrong =
            from type in typeof(ExperimentSpec).Assembly.GetTypes()
            from property in type.GetProperties()
            from range in property.GetCustomAttributes(typeof(RangeAttribute), inherit: true).Cast<RangeAttribute>()
            let values = property.PropertyType.GenericTypeArguments is [var item] ? item : property.PropertyType
            where values != typeof(int) && range.OperandType == typeof(int)
            select $"{type.Name}.{property.Name}";
        Assert.Empty(wrong.Distinct());
    }
}
