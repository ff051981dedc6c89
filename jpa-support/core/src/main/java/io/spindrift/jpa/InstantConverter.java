package io.spindrift.jpa;

import jakarta.persistence.AttributeConverter;
import jakarta.persistence.Converter;
import java.time.Instant;

/**
 * Stores every {@link Instant} attribute as text. Name it in {@code persistence.xml}
 * ({@code <class>io.spindrift.jpa.InstantConverter</class>}): Jakarta Persistence 3.1 does not know the type, and
 * EclipseLink 4 would serialize it.
 */
@Converter(autoApply = true)
public class InstantConverter implements AttributeConverter<Instant, String> {
    @Override
    public String convertToDatabaseColumn(Instant value) {
        return value == null ? null : IsoText.of(value).orElseThrow();
    }

    @Override
    public Instant convertToEntityAttribute(String text) {
        return text == null ? null : IsoText.parse(text, Instant.class);
    }
}
