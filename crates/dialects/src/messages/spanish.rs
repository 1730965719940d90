//! Messages in Spanish.

use std::borrow::Cow;

use crate::field_error::{FieldError, FieldErrorKind, Limit};
use crate::request_rejection::RequestRejection;

/// The message for a rejection, in Spanish: one sentence, or two.
#[must_use]
pub fn spanish(rejection: &RequestRejection) -> Cow<'static, str> {
    Cow::Borrowed(match rejection {
        RequestRejection::Malformed => "El cuerpo de la petición no es válido.",
        RequestRejection::Field(error) => return Cow::Owned(field_message(error)),
        RequestRejection::WrongCredentials | RequestRejection::UnknownUser => "Credenciales inválidas.",
        RequestRejection::NotAuthenticated { .. } => "Se requiere un token válido.",
        RequestRejection::Forbidden => "El token no permite esta acción.",
        RequestRejection::NotFound => "Aquí no hay nada.",
        RequestRejection::MethodNotAllowed { .. } => "Este método no está permitido aquí.",
        RequestRejection::TooLarge => "El cuerpo de la petición es demasiado grande.",
        RequestRejection::UnsupportedMediaType => "El tipo de contenido de la petición no está soportado.",
        RequestRejection::Throttled { .. } => "Demasiados intentos fallidos. Inténtalo más tarde.",
        RequestRejection::Busy { .. } => "El servidor está ocupado. Inténtalo más tarde.",
        RequestRejection::Timeout => "La petición tardó demasiado en llegar.",
        RequestRejection::Internal => "Ocurrió un error interno.",
        RequestRejection::Unavailable { .. } => "El servicio no está disponible por el momento.",
        RequestRejection::DialectSpecific { .. } => "La petición fue rechazada.",
    })
}

fn field_message(FieldError { field, kind }: &FieldError) -> String {
    match kind {
        FieldErrorKind::Missing => format!("Falta el campo '{field}'."),
        FieldErrorKind::NotText => format!("El campo '{field}' debe ser una cadena."),
        FieldErrorKind::NotInteger => format!("El campo '{field}' debe ser un número entero."),
        FieldErrorKind::NotObject => format!("El campo '{field}' debe ser un objeto."),
        FieldErrorKind::Blank => format!("El campo '{field}' no puede estar vacío."),
        FieldErrorKind::TooLong(Limit::Bytes(max)) => format!("El campo '{field}' admite como máximo {max} bytes."),
        FieldErrorKind::TooLong(Limit::Characters(max)) => {
            format!("El campo '{field}' admite como máximo {max} caracteres.")
        }
        FieldErrorKind::ControlCharacter => format!("El campo '{field}' no puede contener caracteres de control."),
        FieldErrorKind::NotAnEmail => format!("El campo '{field}' debe ser una dirección de correo electrónico."),
        FieldErrorKind::NotAnAddress => format!("El campo '{field}' debe ser una dirección IP."),
        FieldErrorKind::NotPositive => format!("El campo '{field}' debe ser mayor que cero."),
        FieldErrorKind::Conflict => format!("El campo '{field}' contradice a otro campo."),
    }
}
