package io.spindrift.jpa;

import java.util.List;
import org.eclipse.persistence.expressions.ExpressionOperator;
import org.eclipse.persistence.internal.expressions.FunctionExpression;

/** The functions of JPQL that SQLite writes in another way than EclipseLink's default. */
final class SQLiteOperators {
    private SQLiteOperators() {}

    static List<ExpressionOperator> all() {
        return List.of(
                // The default, +, adds the numbers that the texts begin with: no error, wrong rows.
                ExpressionOperator.simpleMath(ExpressionOperator.Concat, "||"),
                ExpressionOperator.simpleMath(ExpressionOperator.Mod, "%"),
                ExpressionOperator.simpleTwoArgumentFunction(ExpressionOperator.Nvl, "ifnull"),
                ExpressionOperator.simpleTwoArgumentFunction(ExpressionOperator.Locate, "instr"),
                locateFrom(),
                ExpressionOperator.simpleTwoArgumentFunction(ExpressionOperator.Trim2, "trim"),
                ExpressionOperator.simpleTwoArgumentFunction(ExpressionOperator.LeftTrim2, "ltrim"),
                ExpressionOperator.simpleTwoArgumentFunction(ExpressionOperator.RightTrim2, "rtrim"),
                constant(ExpressionOperator.Today, IsoText.CURRENT_INSTANT),
                constant(ExpressionOperator.CurrentDate, IsoText.CURRENT_DATE),
                constant(ExpressionOperator.CurrentTime, IsoText.CURRENT_TIME),
                constant(ExpressionOperator.LocalDate, IsoText.CURRENT_DATE),
                constant(ExpressionOperator.LocalTime, IsoText.CURRENT_TIME),
                constant(ExpressionOperator.LocalDateTime, IsoText.CURRENT_LOCAL_DATE_TIME));
    }

    /** LOCATE(search, text, from): instr has no third argument. */
    private static ExpressionOperator locateFrom() {
        ExpressionOperator operator = new ExpressionOperator();
        operator.setType(ExpressionOperator.FunctionOperator);
        operator.setSelector(ExpressionOperator.Locate2);
        operator.setNodeClass(FunctionExpression.class);
        operator.bePrefix();
        operator.printsAs(List.of(
                "CASE instr(substr(",
                ", ",
                "), ",
                ") WHEN 0 THEN 0 ELSE instr(substr(",
                ", ",
                "), ",
                ") + ",
                " - 1 END"));
        int text = 0;
        int search = 1;
        int from = 2;
        operator.setArgumentIndices(new int[] {text, from, search, text, from, search, from});
        return operator;
    }

    private static ExpressionOperator constant(int selector, String sql) {
        return ExpressionOperator.simpleFunctionNoParentheses(selector, sql);
    }
}
